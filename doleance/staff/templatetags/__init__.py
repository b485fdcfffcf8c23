"""Template tags of the staff surface."""
