"""What happens to files when people come and go, and when one gesture is made on many."""
