"""What the form's own script costs a telephone, and that it asks for nothing elsewhere."""

import gzip
import re
from pathlib import Path

from tests.house.source import ROOT

EFFORT = Path(ROOT, "doleance/portal/static/doleance/js/effort.js").read_text("utf-8")


def test_the_work_of_the_form_is_light():
    assert 0 < len(gzip.compress(EFFORT.encode(), 9)) <= 2_000


def test_it_needs_nothing_else_and_runs_no_text():
    assert not re.search(r"https?://|@import|(?m:^\s*(?:import|export)\b)", EFFORT)
    assert not re.search(r"\beval\(|new Function|innerHTML|outerHTML|insertAdjacentHTML", EFFORT)
