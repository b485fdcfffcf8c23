"""A proxy between a mail program and its IMAP server that cuts, drips and lies, by a seed.

It stands where bad networks and bad servers stand: the program behind it must lose nothing and double nothing. One
fault a connection at most, so that some connections go well; which one is drawn from the seed and the number of the
connection.
"""

import random
import re
import socket
import threading
import time
from collections import Counter
from contextlib import suppress
from enum import Enum
from typing import Self

HOST = "127.0.0.1"


class Fault(Enum):
    """What becomes of one connection."""

    NONE = "none"
    CUT_AT_BYTE = "cut at a byte"
    CUT_IN_LITERAL = "cut in a literal"
    CUT_AFTER_COMMAND = "cut after a command, before its answer"
    DRIP = "drip"
    SAYS_NO = "says NO"
    DROPS_UID = "drops a UID from a list"
    CHANGES_UID = "changes a UID of a list"
    DOUBLES_FETCH = "doubles a FETCH answer"
    TRUNCATES_LITERAL = "gives less than the literal it announced, and closes"
    OLD_UIDVALIDITY = "tells an old UIDVALIDITY"


LIES = (Fault.SAYS_NO, Fault.DROPS_UID, Fault.CHANGES_UID, Fault.DOUBLES_FETCH, Fault.OLD_UIDVALIDITY)
_LITERAL = re.compile(rb"\{(\d+)\}\r\n$")
_UID = re.compile(rb"\bUID (\d+)")
_SEARCH = re.compile(rb"^\* SEARCH((?: \d+)+)\r\n$")
_VALIDITY = re.compile(rb"UIDVALIDITY (\d+)")


class Proxy:
    """Listens on a port of its own and passes connections on to `server`; a context.

    `faults` are what is drawn from; `share` of the connections have one.
    """

    def __init__(
        self, server: tuple[str, int], *, seed: int, faults: tuple[Fault, ...] = tuple(Fault), share: float = 0.7
    ) -> None:
        self.server, self.seed, self.faults, self.share = server, seed, faults, share
        self.done: Counter[Fault] = Counter()  # the faults that really happened
        self._listener = socket.create_server((HOST, 0))
        self.port = int(self._listener.getsockname()[1])
        self._connections = 0
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._accept, name="imap proxy", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in list(self._open):
            _cut(connection)
        self._thread.join(10)

    def behave(self) -> None:
        """From now on pass everything on, untouched."""
        self.share = 0.0

    def note(self, fault: Fault) -> None:
        """A fault happened."""
        with self._lock:
            self.done[fault] += 1

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._connections += 1
            chance = random.Random(f"{self.seed} {self._connections}")
            fault = chance.choice(self.faults) if chance.random() < self.share else Fault.NONE
            try:
                server = socket.create_connection(self.server, timeout=10)
            except OSError:
                _cut(client)
                continue
            server.settimeout(None)
            self._open |= {client, server}
            passage = _Passage(self, client, server, fault, chance)
            for work in (passage.forth, passage.back):
                threading.Thread(target=work, daemon=True).start()

    def forget(self, *connections: socket.socket) -> None:
        """They are closed."""
        for connection in connections:
            _cut(connection)
            self._open.discard(connection)


def _cut(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()


class _Passage:
    """One connection, both ways. What the server says passes line by line, literals by their announced size."""

    def __init__(
        self, proxy: Proxy, client: socket.socket, server: socket.socket, fault: Fault, chance: random.Random
    ) -> None:
        self.proxy, self.client, self.server, self.fault, self.chance = proxy, client, server, fault, chance
        self._budget = chance.randint(200, 6_000)  # bytes before a cut
        self._commands = chance.randint(2, 8)  # commands before a cut, or a NO
        self._nth = chance.randint(0, 3)  # which of several chances is taken
        self._refused = b""  # the tag of the command that is answered NO
        self._is_over = False

    def forth(self) -> None:
        """From the program to its server."""
        try:
            with self.client.makefile("rb") as lines:
                for line in lines:
                    self._commands -= 1
                    if self.fault is Fault.CUT_AFTER_COMMAND and self._commands == 0:
                        self.server.sendall(line)
                        time.sleep(self.chance.uniform(0, 0.02))  # it may be done, or not
                        self._end(self.fault)
                        return
                    if self.fault is Fault.SAYS_NO and self._commands == 0:
                        self._refused = line.split(b" ")[0]
                    self.server.sendall(line)
        except (OSError, ValueError):
            pass
        self._end()

    def back(self) -> None:
        """From the server to its program."""
        try:
            with self.server.makefile("rb") as lines:
                answer = b""
                for line in lines:
                    answer += line
                    literal = _LITERAL.search(line)
                    if literal:
                        answer += lines.read(int(literal[1]))
                        continue
                    self._answer(answer)
                    answer = b""
        except (OSError, ValueError):
            pass
        self._end()

    def _answer(self, answer: bytes) -> None:
        """Pass one whole answer on, as this connection does it."""
        match self.fault:
            case Fault.DRIP:
                self._drip(answer)
            case Fault.CUT_AT_BYTE:
                self._until_cut(answer)
            case Fault.CUT_IN_LITERAL | Fault.TRUNCATES_LITERAL:
                self._part(answer)
            case _:
                self.client.sendall(self._untrue(answer) if self.fault in LIES else answer)

    def _drip(self, answer: bytes) -> None:
        self.proxy.note(Fault.DRIP)
        for start in range(0, len(answer), 97):
            self.client.sendall(answer[start : start + 97])
            time.sleep(0.001)

    def _until_cut(self, answer: bytes) -> None:
        self.client.sendall(answer[: max(0, self._budget)])
        self._budget -= len(answer)
        if self._budget <= 0:
            self._end(self.fault)

    def _part(self, answer: bytes) -> None:
        """A part of a literal only, then the end: at once, or with what follows a literal as if it were whole."""
        if b"}\r\n" not in answer or self._takes_its_time():
            self.client.sendall(answer)
            return
        begin = answer.index(b"}\r\n") + 3
        kept = self.chance.randint(begin, max(begin, len(answer) - 4))
        self.client.sendall(answer[:kept] + (b")\r\n" if self.fault is Fault.TRUNCATES_LITERAL else b""))
        self._end(self.fault)

    def _takes_its_time(self) -> bool:
        self._nth -= 1
        return self._nth >= 0

    def _untrue(self, answer: bytes) -> bytes:
        """The answer, or a lie in its place."""
        told = getattr(self, f"_{self.fault.name.lower()}")(answer)
        if told != answer:
            self.proxy.note(self.fault)
        return bytes(told)

    def _says_no(self, answer: bytes) -> bytes:
        if self._refused and answer.startswith(self._refused + b" OK"):
            self._refused, line = b"", self._refused + b" NO [UNAVAILABLE] pas maintenant\r\n"
            return line
        return answer

    def _drops_uid(self, answer: bytes) -> bytes:
        if match := _SEARCH.match(answer):
            uids = match[1].split()
            uids.pop(self.chance.randrange(len(uids)))
            return b"* SEARCH" + b"".join(b" " + uid for uid in uids) + b"\r\n"
        return b"" if b" FETCH (" in answer and not self._takes_its_time() and self._once() else answer

    def _changes_uid(self, answer: bytes) -> bytes:
        match = _UID.search(answer) if b" FETCH (" in answer else None
        if match is None or self._takes_its_time() or not self._once():
            return answer
        return answer[: match.start(1)] + str(int(match[1]) + 1_000).encode() + answer[match.end(1) :]

    def _doubles_fetch(self, answer: bytes) -> bytes:
        return answer * 2 if b" FETCH (" in answer else answer

    def _old_uidvalidity(self, answer: bytes) -> bytes:
        match = _VALIDITY.search(answer)
        if match is None or not self._once():
            return answer
        return answer[: match.start(1)] + str(max(1, int(match[1]) - 1)).encode() + answer[match.end(1) :]

    def _once(self) -> bool:
        """Whether this connection has not lied yet."""
        first, self._is_over = not self._is_over, True
        return first

    def _end(self, fault: Fault | None = None) -> None:
        if fault is not None:
            self.proxy.note(fault)
        self.proxy.forget(self.client, self.server)
