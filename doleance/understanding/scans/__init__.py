"""The text of attached files: a PDF's own, else recognised on the picture of its pages; in a limited child."""
