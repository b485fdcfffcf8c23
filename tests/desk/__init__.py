"""Desk: what needs me now."""
