"""Clocks and working-day calendars: what is due, when, why, and whether it was kept.

Packs say how long a duty lasts; this package computes the due moment, stores it and explains it in words.
"""
