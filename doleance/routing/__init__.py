"""Who gets what: the hand-over of the files of those who leave or are away, and one gesture on many files."""
