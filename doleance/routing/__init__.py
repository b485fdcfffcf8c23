"""Who gets what: here, the hand-over of the files of those who leave or are away."""
