"""Doléance, the complaint system: from the first angry message to the proof that its cause is gone."""

__version__ = "0.2.0"  # the first line of CHANGELOG.md; a test compares them
