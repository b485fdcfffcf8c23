"""The journal: one append-only hash chain per complaint, sealed texts, verification and export.

It holds plain identifiers and no foreign key, so that any domain above can write to it.
"""
