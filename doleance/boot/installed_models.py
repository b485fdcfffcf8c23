"""The models of an installation, in its home: numbered files, and one that says which is in service.

An older model stays: going back is naming it again. The name is replaced whole, so that a reader finds the one or the
other, and a machine that stops in between has lost nothing.
"""

import os
from pathlib import Path

from doleance.kernel.errors import Refusal

FOLDER = "models"
_CURRENT = "current"
_SHIPPED = "0"  # the model that comes with Doléance: no file


class NoEarlierModel(Refusal):
    """The shipped model is in service already."""

    code = "no_earlier_model"
    sentence = "Il n’y a pas de modèle plus ancien : celui qui est livré est déjà en service."


def current(folder: Path) -> bytes | None:
    """The model in service; None when it is the shipped one."""
    number = _number(folder)
    return None if number == 0 else _file(folder, number).read_bytes()


def install(folder: Path, content: bytes) -> int:
    """Put a model in service, under the next number."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    number = max((int(path.stem) for path in folder.glob("*.model")), default=0) + 1
    _write(_file(folder, number), content)
    _write(folder / _CURRENT, str(number).encode())
    return number


def step_back(folder: Path) -> int:
    """Put the model before the one in service back; 0 is the shipped one. Raises NoEarlierModel."""
    number = _number(folder)
    if number == 0:
        raise NoEarlierModel
    earlier = [int(path.stem) for path in folder.glob("*.model") if int(path.stem) < number]
    _write(folder / _CURRENT, str(max(earlier, default=0)).encode())
    return max(earlier, default=0)


def told(folder: Path) -> list[str]:
    """One line a model, the one in service marked."""
    number = _number(folder)
    known = [0, *sorted(int(path.stem) for path in folder.glob("*.model"))]
    return [f"{'*' if one == number else ' '} {one or 'livré'}" for one in known]


def _number(folder: Path) -> int:
    try:
        return int((folder / _CURRENT).read_text("ascii").strip() or _SHIPPED)
    except FileNotFoundError:
        return 0


def _file(folder: Path, number: int) -> Path:
    return folder / f"{number}.model"


def _write(path: Path, content: bytes) -> None:
    """Replace a file whole, on the disk before its name says so."""
    new = path.with_name(f".{path.name}.new")
    with new.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    new.replace(path)
