"""What happens to pairs of files: merged, linked, told apart, separated, proposed."""
