"""Questions about who answers for what."""
