"""Whole journeys; each quotes the promises it keeps (Mnn)."""
