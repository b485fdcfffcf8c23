"""The words that rules look for, one versioned pack a language: signals, requests, topics, remedies; and their "
"reader.
"""
