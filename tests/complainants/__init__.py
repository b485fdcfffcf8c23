"""Complainants: parties and their addresses."""
