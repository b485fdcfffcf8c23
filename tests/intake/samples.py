"""The sample mails of the house, where they are, and what was decided about each."""

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

HERE = Path(__file__).parent
DATA = Path(os.environ.get("DOLEANCE_SAMPLE_DATA") or HERE.parents[2] / "shared" / "data")
MAILS = DATA / "mails"
COLLECTION = "mikel-mail"


@dataclass(frozen=True)
class Expected:
    """One line of the table."""

    outcome: str
    sender: str
    subject: str
    silence: str = ""

    @property
    def kind(self) -> str:
        return self.outcome.partition(" ")[0]

    @property
    def detail(self) -> str:
        return self.outcome.partition(" ")[2]


def require() -> Path:
    """The folder of sample mails, or a skip that says how to have it."""
    if not (MAILS / COLLECTION).is_dir():
        pytest.skip(f"faute des courriels d’exemple : DOLEANCE_SAMPLE_DATA ne mène pas à eux ({DATA})")
    return MAILS


def expected() -> dict[str, Expected]:
    """The table, by path inside the collection."""
    table = tomllib.loads((HERE / "sample_outcomes.toml").read_text("utf-8"))
    return {path: Expected(*line) for path, line in table.items()}
