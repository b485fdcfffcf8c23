"""Doléance, the complaint system: from the first angry message to the proof that its cause is gone."""
