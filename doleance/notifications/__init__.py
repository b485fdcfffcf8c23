"""Letters and messages that leave the house: one row an intent, and a job that carries it once.

`send` writes the row in the caller's transaction; `tasks.deliver` commits SENDING, talks to the wire, commits the end.
"""
