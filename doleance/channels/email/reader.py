"""The limited child: reads messages from its standard input, one at a time, and says what they say.

It limits itself before the first message: no file may grow, no core is left, memory and processor time are counted.
Started by `child.py` with an empty environment; it knows no secret and opens no connection.
"""

import resource
import sys

from doleance.channels.email import parse, wire
from doleance.channels.rules import Limit, ParsedMessage

CPU_SECONDS = 10
MEMORY_BYTES = 1024**3
OUT_OF_MEMORY = 77  # exit status


def main() -> int:
    """Serve until the parent closes the pipe. A message that takes too much ends the process: the parent knows why."""
    _confine()
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    while (request := wire.read_request(requests)) is not None:
        _allow(CPU_SECONDS)
        try:
            wire.send_answer(answers, _read(*request))
        except MemoryError:
            return OUT_OF_MEMORY
    return 0


def _read(mode: bytes, raw: bytes) -> ParsedMessage:
    return parse.peek(raw, Limit.CRASH) if mode == wire.PEEK else parse.parse(raw)


def _confine() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _allow(seconds: int) -> None:
    """Grant this message its processor time on top of what the process has used. SIGXCPU ends what goes over."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + 1 + seconds, hard))


if __name__ == "__main__":
    sys.exit(main())
