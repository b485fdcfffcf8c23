"""A language model's server of ours: it hears what it is told, and answers what the test wants, badly if it must.

with open_model() as model:
    model.says(lambda told: "Bonjour")           # the text of a right answer, from the request's body
    model.answers.append(Answer(status=500))     # the next answer, as it stands
"""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Says = Callable[[dict[str, Any]], str]


def spoken(text: str) -> bytes:
    """A right answer that holds this text."""
    content = json.dumps({"text": text}, ensure_ascii=False)
    return json.dumps({"choices": [{"message": {"role": "assistant", "content": content}}]}).encode()


@dataclass
class Answer:
    """One answer as it leaves. `drips` sends its body byte by byte, `pause_s` apart, for as long as one listens."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    drips: bool = False
    pause_s: float = 0.01


@dataclass
class Model:
    """The server: where it is, what it heard, and what it will answer."""

    url: str
    heard: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    _says: Says = lambda _: "Bonjour,\n\nNous regardons."

    def says(self, what: Says) -> None:
        """Answer rightly from now on, by this."""
        self._says = what

    def answer(self, told: dict[str, Any]) -> Answer:
        """The next answer."""
        return self.answers.pop(0) if self.answers else Answer(spoken(self._says(told)))


@contextmanager
def open_model() -> Iterator[Model]:
    """The server on a free port of this machine, until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            model.heard.append(told)
            model.keys.append(self.headers.get("Authorization", ""))
            model.paths.append(self.path)
            with suppress(OSError):
                self._send(model.answer(told))

        def _send(self, answer: Answer) -> None:
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            if not answer.drips:
                self.wfile.write(answer.body)
                return
            while not stopped.wait(answer.pause_s):
                self.wfile.write(b" ")
                self.wfile.flush()

        def log_message(self, *_: object) -> None:
            """Nothing is said of requests."""

    stopped = threading.Event()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    model = Model(f"http://127.0.0.1:{server.server_port}/v1")
    serving = threading.Thread(target=server.serve_forever, daemon=True)
    serving.start()
    try:
        yield model
    finally:
        stopped.set()
        server.shutdown()
        server.server_close()
        serving.join()
