"""What needs me now: queries that compose the domains for the pages, and the lists that people name and keep.

Every read starts from `complaints.queries.visible_to`, and the number of queries never depends on the number of rows.
"""
