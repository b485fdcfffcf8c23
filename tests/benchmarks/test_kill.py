"""`python -m benchmarks.kill`: a few kills survived, and each sabotage caught by the invariant it breaks."""

import os
import subprocess
import sys

import pytest

from benchmarks import kill_sabotage
from tests.house.source import ROOT
from tests.servers.dovecot import PACKAGES

pytestmark = pytest.mark.needs(*PACKAGES)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The harness in a process of its own: it makes an installation, and sets Django up for it."""
    ours = ("DOLEANCE_", "DATABASE_", "PYTEST_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return subprocess.run(
        [sys.executable, "-m", "benchmarks.kill", "--seed", "1", *arguments],
        env=kept,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )


def test_a_few_kills_are_survived():
    ran = run("--kills", "2")
    assert ran.stdout.splitlines()[-1] == "2 passed, 0 failed", ran.stdout + ran.stderr
    assert ran.stdout.startswith("seed 1\n")
    assert ran.returncode == 0


# Two at once where one cannot break what the other breaks: an installation takes longer to start than to be caught.
# The kill strikes where the first of two wants it.
PAIRS = [("send_before_commit", "skip_an_event"), ("drop_the_lock",)]
# It costs nothing but in the box whose mails move, when one is in flight there: a long run, by hand.
BY_HAND = {"flag_before_commit"}


def test_every_sabotage_is_tried():
    assert {name for pair in PAIRS for name in pair} | BY_HAND == set(kill_sabotage.NAMES)


@pytest.mark.parametrize("pair", PAIRS, ids="+".join)
def test_each_sabotage_is_caught(pair):
    ran = run("--kills", "1", "--sabotage", ",".join(pair))
    assert ran.returncode == 1
    for name in pair:
        assert f"\n  {kill_sabotage.BREAKS[name]} " in ran.stdout, ran.stdout + ran.stderr
