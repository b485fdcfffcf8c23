"""The limited child: reads messages from its standard input, one at a time, and says what they say or show.

It limits itself before the first message: no file may grow, no core is left, memory and processor time are counted.
Started by `child.py` with an empty environment; it knows no secret and opens no connection.
"""

import sys

from doleance.channels.email import images, parse, safe_html, wire
from doleance.channels.rules import Limit
from doleance.kernel import confined


def main(cpu_seconds: int, memory_bytes: int) -> int:
    """Serve until the parent closes the pipe. A message that takes too much ends the process: the parent knows why."""
    confined.confine(memory_bytes)
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    while True:
        confined.allow(cpu_seconds)
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


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))
