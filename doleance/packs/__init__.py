"""Regulatory packs: how long each duty lasts, from what, and what an answer must hold; dated, sourced, pure data.

One TOML file a version; `loader` reads and checks them; no table, no screen, no import of any domain.
"""
