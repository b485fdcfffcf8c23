"""What can be read of a message by rules alone: cleaning, sentences, requests, facts, signals; no learned model."""
