"""Starting Doléance: settings, addresses, the database server, the supervisor, the command line.

The highest step of the staircase: it may import every domain, and nothing imports it.
"""
