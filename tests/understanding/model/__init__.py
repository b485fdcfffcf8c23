"""The model: what it is given, what it learns, what it keeps."""
