"""Named SQL queries: `-- name: x` opens each query of a `.sql` file beside the domain that asks it."""

import re
from functools import cache
from importlib import resources

_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


@cache
def queries(package: str, filename: str) -> dict[str, str]:
    """The queries of `<package>/sql/<filename>`, by name, without their comments' first line.

    Raises FileNotFoundError when the file is absent, ValueError when a name stands twice.
    """
    text = resources.files(package).joinpath("sql", filename).read_text("utf-8")
    parts = _NAME.split(text)[1:]
    found: dict[str, str] = {}
    for name, body in zip(parts[::2], parts[1::2], strict=True):
        if name in found:
            raise ValueError(f"{package}/sql/{filename}: the name {name} stands twice")
        found[name] = body.strip()
    return found


def script(package: str, filename: str) -> str:
    """The whole text of `<package>/sql/<filename>`, for migrations that create a function or a trigger."""
    return resources.files(package).joinpath("sql", filename).read_text("utf-8")
