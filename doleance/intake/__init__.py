"""From a message to an open file: attach it to what it continues, open a file, or hold it for a person.

The highest story: a message may concern anything below.
"""
