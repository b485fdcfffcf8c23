"""What every domain stands on, and no business word.

Transactions, refusals, kinds, text, clock, identifiers, named SQL, interface tags.
"""
