"""The complainant's pages: the form, the receipt, the tracking of a file. No account, no script needed.

A surface: it calls one action or some queries per request, and holds no rule.
"""
