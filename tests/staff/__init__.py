"""The pages of the staff, with the cast."""
