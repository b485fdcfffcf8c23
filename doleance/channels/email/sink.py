"""The development sink: what would leave is written to a folder, one `.eml` file a mail, and nothing leaves."""

import os
from pathlib import Path
from tempfile import mkstemp

from doleance.kernel.errors import ChannelError


def write(mail: bytes, *, folder: Path, name: str) -> str:
    """Keep `mail` as `<folder>/<name>.eml`, whole or not at all; return the file's name.

    A second mail of the same name never hides the first: it is numbered, so that a repeated sending is seen.
    Raises ChannelError (temporary) when the folder cannot be written.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, draft = mkstemp(dir=folder, prefix=".")  # readable by its owner alone
        with os.fdopen(descriptor, "wb") as file:
            file.write(mail)
            file.flush()
            os.fsync(file.fileno())
        return _publish(Path(draft), folder, name)
    except OSError as error:
        raise ChannelError(f"sink: {error.strerror}", permanent=False) from error


def _publish(draft: Path, folder: Path, name: str) -> str:
    """Give `draft` its lasting name: the first free one."""
    number = 1
    while True:
        kept = folder / (f"{name}.eml" if number == 1 else f"{name}-{number}.eml")
        try:
            kept.hardlink_to(draft)  # unlike a rename, refuses a name that is taken
        except FileExistsError:
            number += 1
        else:
            draft.unlink()
            return kept.name
