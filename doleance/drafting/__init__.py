"""What a language model that the house chose may write: a summary, or a reply to read again. Off unless it is set up.

Nothing depends on it, and nothing it writes leaves by itself (docs/decisions/0115).
"""
