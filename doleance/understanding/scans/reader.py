"""The limited child that reads files: one at a time, from its standard input. It knows no secret, opens no connection
and writes no file; what it starts inherits its limits.
"""

import sys
from typing import Any, BinaryIO

from doleance.kernel import confined
from doleance.understanding.process import wire
from doleance.understanding.scans import told
from doleance.understanding.scans.recognise import recognise
from doleance.understanding.scans.tesseract import Tesseract, found

OUT_OF_MEMORY = 3  # how the process ends then


def main(cpu_seconds: int, memory_bytes: int) -> int:
    """Serve until the parent closes the pipe: a frame that says what is asked, then as many bytes as it says."""
    confined.confine(memory_bytes)
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    engines: dict[tuple[str, str], Tesseract | None] = {}
    try:
        while (asked := wire.receive(requests)) is not None:
            confined.allow(cpu_seconds)
            wire.send(answers, _answer(asked, requests, engines))
    except MemoryError:
        return OUT_OF_MEMORY
    return 0


def _answer(
    asked: dict[str, Any], requests: BinaryIO, engines: dict[tuple[str, str], Tesseract | None]
) -> dict[str, Any]:
    data = requests.read(int(asked["size"]))
    known = (str(asked["tesseract"]), str(asked["data"]))
    if known not in engines:
        engines[known] = found(*known)
    return told.of_recognised(recognise(data, engines[known], str(asked["language"])))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))
