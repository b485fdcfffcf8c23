"""Routing: who gets what."""
