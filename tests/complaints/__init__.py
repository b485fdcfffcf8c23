"""Complaints: states, facts and what happens to them."""
