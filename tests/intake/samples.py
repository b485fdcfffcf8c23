"""The sample mails of the house, where they are, and what was decided about each."""

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

HERE = Path(__file__).parent
DATA = Path(os.environ.get("DOLEANCE_SAMPLE_DATA") or HERE.parents[2] / "shared" / "data")
COLLECTION = "mikel-mail"
# The folders and the tables that say what must become of each of their files.
TABLES = {"mails": "sample_outcomes.toml", "mail_talon": "talon_outcomes.toml", "mail_crisp": "crisp_outcomes.toml"}


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


def require(folder: str = "mails") -> Path:
    """A folder of sample mails, or a skip that says how to have it."""
    if not (DATA / folder).is_dir():
        pytest.skip(f"faute des courriels d’exemple : DOLEANCE_SAMPLE_DATA ne mène pas à eux ({DATA})")
    return DATA / folder


def expected(folder: str = "mails") -> dict[str, Expected]:
    """The table of a folder, by path inside it."""
    table = tomllib.loads((HERE / TABLES[folder]).read_text("utf-8"))
    return {path: Expected(*line) for path, line in table.items()}
