"""Harnesses hold what they promise: they pass on the product, and fail on a product that was broken."""
