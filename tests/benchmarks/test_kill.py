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
    ran = run("--kills", "3")
    assert ran.stdout.splitlines()[-1] == "3 passed, 0 failed", ran.stdout + ran.stderr
    assert ran.stdout.startswith("seed 1\n")
    assert ran.returncode == 0


@pytest.mark.parametrize("name", kill_sabotage.NAMES)
def test_each_sabotage_is_caught(name):
    ran = run("--kills", "3", "--sabotage", name)
    assert ran.returncode == 1
    assert f"\n  {kill_sabotage.BREAKS[name]} " in ran.stdout, ran.stdout + ran.stderr
