"""What intake does, by who does it.

`receiving` keeps and reads, `filing` decides, `sorting` is a person's in quarantine, `importing` keeps a run.
"""
