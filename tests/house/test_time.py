"""The clock is read by surfaces and jobs; everything else is told `at`."""

import ast

import pytest

from tests.house.source import Source, at, dotted, findings, snippet, told

SURFACES = {"staff", "portal", "api", "boot"}
# Files that read a clock for another reason than to date a business fact.
READERS = {
    "doleance/kernel/clock.py": "the clock",
    "doleance/kernel/templatetags/marks.py": "runs inside a page: « dans 3 jours » counts from its rendering",
    "doleance/intake/imports.py": "the command `doleance import`, which boot's table of commands calls",
    "doleance/intake/fetching/collecting.py": "a round of fetching lasts minutes: each batch has its own moment",
    "doleance/kernel/ids.py": "RFC 9562: a version 7 identifier holds the millisecond of its making",
}
READS = {"now", "utcnow", "today", "localdate", "localtime", "time_ns"}


def clock_reads(source: Source) -> list[str]:
    """Readings of the clock where there should be none."""
    if source.package in SURFACES or source.role == "tasks" or source.path in READERS:
        return []
    return [
        at(source, node, f"{dotted(node.func)}() reads the clock")
        for node in source.walk(ast.Call)
        if isinstance(node, ast.Call) and _reads(node)
    ]


def _reads(call: ast.Call) -> bool:
    name = dotted(call.func)
    last = name.split(".")[-1]
    return name == "time.time" or last in READS or last in {"Now", "CurrentTimestamp", "TransactionNow"}


def test_domains_are_told_the_time():
    found = findings(clock_reads)
    assert not found, told(found, "Take `at` as an argument; a view or a task calls doleance.kernel.clock.now().")


@pytest.mark.parametrize(
    "code",
    [
        "clock.now()",
        "now()",
        "timezone.now()",
        "datetime.now(UTC)",
        "datetime.utcnow()",
        "date.today()",
        "time.time()",
        "Complaint.objects.filter(due_at__lt=Now())",
    ],
)
def test_a_clock_is_seen(code):
    assert clock_reads(snippet(code, "doleance/complaints/actions.py"))
    assert clock_reads(snippet(code, "doleance/complaints/rules.py"))
    assert clock_reads(snippet(code, "doleance/desk/queries.py"))
    assert not clock_reads(snippet(code, "doleance/staff/views/inbox.py"))
    assert not clock_reads(snippet(code, "doleance/notifications/tasks.py"))


def test_a_stopwatch_is_no_clock():
    assert not clock_reads(snippet("time.monotonic()", "doleance/channels/email/child.py"))


def default_now(source: Source) -> list[str]:
    """Fields that date a row by themselves: `auto_now`, `default=now`."""
    found = []
    for node in source.walk(ast.keyword):
        assert isinstance(node, ast.keyword)
        dates = node.arg in {"default", "db_default"} and dotted(node.value).split(".")[-1] in READS | {"Now"}
        if node.arg in {"auto_now", "auto_now_add"} or dates:
            found.append(at(source, node.value, f"{node.arg}= dates the row by itself"))
    return found


def test_rows_do_not_date_themselves():
    found = findings(default_now)
    assert not found, told(found, "The action is told `at` and writes it.")


@pytest.mark.parametrize("code", ["DateTimeField(auto_now=True)", "F(default=timezone.now)", "F(db_default=Now())"])
def test_a_self_dating_row_is_seen(code):
    assert default_now(snippet(code, "doleance/complaints/models.py"))
