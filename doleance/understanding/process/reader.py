"""The limited child: reads messages from its standard input, one at a time, and says what they say.

It limits itself before it loads a model. It knows no secret, opens no connection, and writes no file. A model that is
named by its path is loaded when it is first asked for, and stays until another one is.
"""

import base64
import sys
from pathlib import Path
from typing import Any

from doleance.kernel import confined
from doleance.understanding import engine
from doleance.understanding.duplicates import portraits
from doleance.understanding.model import shipped
from doleance.understanding.model.learned import Model
from doleance.understanding.process import wire

OUT_OF_MEMORY = 3  # how the process ends then
_LOADING_SECONDS = 60  # of the processor, the first time: a model without its encoder is taught anew


class _Models:
    """The model in use, and the path it came from; an empty path is that of the shipped one."""

    def __init__(self) -> None:
        self._path: str | None = None
        self._model: Model | None = None

    def of(self, path: str) -> Model:
        """The model of a path, loaded once. Raises OSError, BadModel."""
        if self._model is None or self._path != path:
            confined.allow(_LOADING_SECONDS)
            self._model = shipped.from_file(Path(path)) if path else shipped.shipped()
            self._path = path
        return self._model


def main(cpu_seconds: int, memory_bytes: int) -> int:
    """Serve until the parent closes the pipe. A message that takes too much ends the process: the parent knows why."""
    confined.confine(memory_bytes)
    requests, answers, models = sys.stdin.buffer, sys.stdout.buffer, _Models()
    try:
        while (asked := wire.receive(requests)) is not None:
            wire.send(answers, _answer(asked, models, cpu_seconds))
    except MemoryError:
        return OUT_OF_MEMORY
    return 0


def _answer(asked: dict[str, Any], models: _Models, cpu_seconds: int) -> dict[str, Any]:
    """The reading of a message, or the name of what failed: its words could quote what people wrote."""
    try:
        model = models.of(asked["model"])
        confined.allow(cpu_seconds)
        if asked.get("asks") == wire.MEANING:
            return _meaning(asked, model)
        read = engine.read(wire.message(asked["message"]), model, language=asked["language"])
        return {"reading": wire.of_reading(read)}
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001  whatever it is, it stays with this message
        return {"error": type(error).__name__}


def _meaning(asked: dict[str, Any], model: Model) -> dict[str, Any]:
    """The vector of what a message says, and whose it is; none where nothing is said."""
    message = wire.message(asked["message"])
    found = portraits.meaning(engine.draft(message, model, asked["language"]), model, message.subject)
    vector = None if found is None else base64.b64encode(portraits.packed(found)).decode("ascii")
    return {"encoder": model.encoder.id, "vector": vector}


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))
