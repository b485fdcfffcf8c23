"""Behind PgBouncer each transaction of a page may find another connection: nothing of ours outlives one."""

import re

import pytest

from tests.house.source import ROOT

# What lasts as long as a connection. Django's own `SET TIME ZONE` is one of those that PgBouncer carries over.
LASTING = re.compile(
    r"pg_(?:try_)?advisory_lock\b|(?-i:\bLISTEN\s+\w)|\bDECLARE\s+\w+\s+CURSOR|\bWITH HOLD\b|\bCREATE\s+TEMP"
    r"|\bSET\s+SESSION\b|\bset_config\([^)]*,\s*false\)|\bPREPARE\s+\w+\s+AS\b",
    re.IGNORECASE,
)


def lasting(text: str) -> list[str]:
    return [found[0] for found in LASTING.finditer(text)]


def test_nothing_outlives_its_transaction():
    found = {}
    for path in [*(ROOT / "doleance").rglob("*.py"), *(ROOT / "doleance").rglob("*.sql")]:
        if words := lasting(path.read_text("utf-8")):
            found[path.relative_to(ROOT).as_posix()] = words
    assert not found, f"use the transaction's own: pg_advisory_xact_lock, SET LOCAL, set_config(…, true): {found}"


@pytest.mark.parametrize(
    "text",
    [
        "SELECT pg_advisory_lock(1)",
        "select pg_try_advisory_lock(1)",
        "LISTEN jobs",
        "DECLARE c CURSOR FOR SELECT 1",
        "CREATE TEMPORARY TABLE t ()",
        "SELECT set_config('a.b', 'c', false)",
    ],
)
def test_what_lasts_is_seen(text):
    assert lasting(text)


@pytest.mark.parametrize("text", ["SELECT pg_advisory_xact_lock(1)", "set_config('a.b', %s, true)", "SET LOCAL x = 1"])
def test_what_ends_with_its_transaction_passes(text):
    assert not lasting(text)
