BEFORE_MIGRATION = "avant-migration"


def make(*a, **k):
    pass
