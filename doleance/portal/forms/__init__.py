"""What the public pages take in, checked for shape."""
