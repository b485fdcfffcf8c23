"""What other programs enter with: keys, what each one opens, how often it may be used.

A key belongs to one entity, and may be kept to some of its teams. Its secret is shown once; only its digest is stored.
"""
