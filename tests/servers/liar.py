"""A small IMAP server of ours that lies when it is told to: what a real one would never say on command.

    with open_liar({1: b"From: ..."}) as liar:
        liar.bodies.append(lambda uids: liar.body(1, told=10) )   # the next FETCH of bodies is answered by this
        liar.lists.append(...)                                     # the next listing

A hook gets the UIDs that were asked for and gives the untagged bytes of the answer. Ended by `CUT` the connection
closes there; ended by `HANG` nothing more is said until the client leaves. Without hooks it is honest.
"""

import base64
import re
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

CUT, HANG, DRIP = b"<cut>", b"<hang>", b"<drip>"
MOMENT = "22-Nov-2026 02:41:45 +0000"
Hook = Callable[[list[int]], bytes]


@dataclass
class Liar:
    """What the server holds, how it lies, and what it heard. `token`: what XOAUTH2 must bring, if it is offered."""

    mails: dict[int, bytes]
    uidvalidity: int = 7
    capabilities: str = "IMAP4rev1 IDLE UIDPLUS MOVE"
    token: str | None = None
    greeting: bytes = b"* OK here\r\n"
    port: int = 0
    flags: dict[int, set[str]] = field(default_factory=dict)
    moved: dict[int, bytes] = field(default_factory=dict)
    bodies: list[Hook] = field(default_factory=list)
    lists: list[Hook] = field(default_factory=list)
    searches: list[Hook] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)  # a command (`UID MOVE`) and the NO it gets
    moments: dict[int, str] = field(default_factory=dict)  # INTERNALDATE, when it is another than `MOMENT`
    counted: int | None = None  # EXISTS, when it is a lie

    def body(self, uid: int, *, raw: bytes | None = None, told: int | None = None, size: int | None = None) -> bytes:
        """One FETCH response: `told` is the literal's length, `size` the RFC822.SIZE."""
        raw = self.mails[uid] if raw is None else raw
        size = len(self.mails.get(uid, raw)) if size is None else size
        told = len(raw) if told is None else told
        head = (
            f'* 1 FETCH (UID {uid} INTERNALDATE "{self.moments.get(uid, MOMENT)}" RFC822.SIZE {size} BODY[] {{{told}}}'
        )
        return head.encode() + b"\r\n" + raw + b")\r\n"

    def row(self, uid: int, size: int | None = None) -> bytes:
        """One line of a listing."""
        size = len(self.mails.get(uid, b"")) if size is None else size
        flags = " ".join(sorted(self.flags.get(uid, set())))
        moment = f'"{self.moments.get(uid, MOMENT)}"'
        return f"* 1 FETCH (UID {uid} FLAGS ({flags}) INTERNALDATE {moment} RFC822.SIZE {size})\r\n".encode()

    def among(self, wanted: str) -> list[int]:
        """The UIDs of a sequence set that it holds."""
        found = set()
        for part in wanted.split(","):
            low, _, high = part.partition(":")
            top = max(self.mails, default=0)
            ends = sorted([int(low), top if high == "*" else int(high or low)])
            found |= {uid for uid in self.mails if ends[0] <= uid <= ends[1]}
        return sorted(found)


class _Talk(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        with suppress(OSError, EOFError):
            if not self._say(self.liar.greeting):
                return
            while line := self.rfile.readline(100_000).decode("utf-8", "replace").strip():
                tag, _, command = line.partition(" ")
                if not self._answer(tag, command):
                    return

    @property
    def liar(self) -> Liar:
        return self.server.liar

    def _say(self, data: bytes) -> bool:
        for end in (CUT, HANG, DRIP):
            if data.endswith(end):
                self.wfile.write(data.removesuffix(end))
                while end == DRIP:
                    self.wfile.write(b"x")
                    time.sleep(0.02)
                if end == HANG:
                    self.rfile.read(1)
                return False
        self.wfile.write(data)
        return True

    def _answer(self, tag: str, command: str) -> bool:
        self.liar.heard.append(command)
        words = command.split(" ")
        verb = words[0].upper() if words[0].upper() != "UID" else f"UID {words[1].upper()}"
        if verb in self.liar.refused:
            return self._say(f"{tag} {self.liar.refused[verb]}\r\n".encode())
        act = getattr(self, "_" + verb.replace(" ", "_").lower(), None)
        if act is None:
            return self._say(f"{tag} BAD no {verb}\r\n".encode())
        said = act(words)
        if isinstance(said, str):
            return self._say(f"{tag} {said}\r\n".encode())
        return self._say(said) and self._say(f"{tag} OK done\r\n".encode())

    def _capability(self, words: list[str]) -> bytes:
        more = " AUTH=XOAUTH2" if self.liar.token is not None else ""
        return f"* CAPABILITY {self.liar.capabilities}{more}\r\n".encode()

    def _login(self, words: list[str]) -> bytes | str:
        return b"" if "secret" in words[-1] else f"NO [AUTHENTICATIONFAILED] not {words[-1]}"

    def _authenticate(self, words: list[str]) -> bytes | str:
        self._say(b"+ \r\n")
        given = base64.b64decode(self.rfile.readline())
        self.liar.heard.append(given.decode())
        if given.endswith(f"auth=Bearer {self.liar.token}\1\1".encode()):
            return b""
        self._say(b"+ " + base64.b64encode(b'{"status":"400"}') + b"\r\n")
        assert self.rfile.readline() == b"\r\n"  # an empty answer, as RFC 7628 §3.2.3 and the providers want
        return "NO AUTHENTICATE failed"

    def _select(self, words: list[str]) -> bytes:
        count = len(self.liar.mails) if self.liar.counted is None else self.liar.counted
        following = max([*self.liar.mails, *self.liar.moved], default=0) + 1
        return (
            f"* {count} EXISTS\r\n* OK [UIDVALIDITY {self.liar.uidvalidity}] x\r\n* OK [UIDNEXT {following}] x\r\n"
        ).encode()

    _examine = _select

    def _uid_search(self, words: list[str]) -> bytes:
        uids = sorted(self.liar.mails)
        if self.liar.searches:
            return self.liar.searches.pop(0)(uids)
        return f"* SEARCH {' '.join(map(str, uids))}\r\n".encode()

    def _uid_fetch(self, words: list[str]) -> bytes:
        uids = self.liar.among(words[2])
        if "BODY.PEEK[]" in words[-1]:
            if self.liar.bodies:
                return self.liar.bodies.pop(0)(uids)
            return b"".join(self.liar.body(uid) for uid in uids)
        if "BODY.PEEK[HEADER]" in " ".join(words):
            heads = {uid: self.liar.mails[uid].partition(b"\r\n\r\n")[0] + b"\r\n\r\n" for uid in uids}
            said = (f"* 1 FETCH (UID {uid} BODY[HEADER]<0> {{{len(head)}}}\r\n" for uid, head in heads.items())
            return b"".join(one.encode() + head + b")\r\n" for one, head in zip(said, heads.values(), strict=True))
        if self.liar.lists:
            return self.liar.lists.pop(0)(uids)
        return b"".join(self.liar.row(uid) for uid in uids)

    def _fetch(self, words: list[str]) -> bytes:
        low = int(words[1].partition(":")[0])
        return b"".join(self.liar.row(uid) for uid in sorted(self.liar.mails)[low - 1 :])

    def _uid_store(self, words: list[str]) -> bytes:
        for uid in self.liar.among(words[2]):
            self.liar.flags.setdefault(uid, set()).update(re.findall(r"\\\w+", " ".join(words[3:])))
        return b""

    def _uid_copy(self, words: list[str]) -> bytes:
        self.liar.moved |= {uid: self.liar.mails[uid] for uid in self.liar.among(words[2])}
        return b""

    def _uid_move(self, words: list[str]) -> bytes:
        said = self._uid_copy(words)
        for uid in self.liar.among(words[2]):
            del self.liar.mails[uid]
        return said

    def _uid_expunge(self, words: list[str]) -> bytes:
        for uid in self.liar.among(words[2]):
            if "\\Deleted" in self.liar.flags.get(uid, set()):
                del self.liar.mails[uid]
        return b""

    def _logout(self, words: list[str]) -> bytes:
        return b"* BYE\r\n"


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


@contextmanager
def open_liar(mails: dict[int, bytes] | None = None, **changes: object) -> Iterator[Liar]:
    """Run it on a free port of this machine, for as many connections as come."""
    liar = Liar(dict(mails or {}), **changes)  # type: ignore[arg-type]
    with _Server(("127.0.0.1", 0), _Talk) as server:
        server.liar = liar
        liar.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=[0.01], daemon=True)
        thread.start()
        try:
            yield liar
        finally:
            server.shutdown()
            thread.join(5)
