"""Fetching mailboxes: rounds, listening between them, and trying one out while it is set."""
