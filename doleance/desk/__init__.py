"""What needs me now: queries only, which compose the domains for the pages.

Every read starts from `complaints.queries.visible_to`, and the number of queries never depends on the number of rows.
"""
