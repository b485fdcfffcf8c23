"""What is learned: vectors of sentences, categories, kinds, languages; its training and its file."""
