"""The limited child: reads messages from its standard input, one at a time, and says what they say or show.

It limits itself before the first message: no file may grow, no core is left, memory and processor time are counted.
Started by `child.py` with an empty environment; it knows no secret and opens no connection.
"""

import resource
import sys

from doleance.channels.email import images, parse, safe_html, wire
from doleance.channels.rules import Limit


def main(cpu_seconds: int, memory_bytes: int) -> int:
    """Serve until the parent closes the pipe. A message that takes too much ends the process: the parent knows why."""
    _confine(memory_bytes)
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    while True:
        _allow(cpu_seconds)
        try:
            request = wire.read_request(requests)
            if request is None:
                return 0
            wire.send_answer(answers, _answer(*request))
        except MemoryError:
            return wire.OUT_OF_MEMORY


def _answer(mode: bytes, data: bytes) -> wire.Answer:
    match mode:
        case wire.PEEK:
            return parse.peek(data, Limit.CRASH)
        case wire.PAGE:
            return safe_html.read(data)
        case wire.THUMBNAIL:
            return images.drawn(data, side=images.THUMBNAIL_SIDE)
        case wire.LOGO:
            return images.logo(data)
        case _:
            return parse.parse(data)


def _confine(memory_bytes: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _allow(seconds: int) -> None:
    """Grant this message its processor time on top of what the process has used. SIGXCPU ends what goes over."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + 1 + seconds, hard))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))
