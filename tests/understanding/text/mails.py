"""The mails of mails.toml: a body, and what its author wrote."""

import tomllib
from pathlib import Path

_TABLES = tomllib.loads(Path(__file__).with_name("mails.toml").read_text("utf-8"))
QUOTED: dict[str, tuple[str, str]] = {name: (one["body"], one["own"]) for name, one in _TABLES["quoted"].items()}
SIGNED: dict[str, tuple[str, str]] = {name: (one["body"], one["own"]) for name, one in _TABLES["signed"].items()}
TRAPS: dict[str, str] = _TABLES["traps"]
HTML: dict[str, str] = _TABLES["html"]
FORWARDED_HTML: str = _TABLES["forwarded"]["html"]
