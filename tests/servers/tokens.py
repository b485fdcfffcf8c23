"""A token endpoint of ours over https: says what it is told to, and keeps what it was asked."""

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import parse_qsl


@dataclass
class TokenServer:
    """`answers` are said one after the other, the last for ever: a status and a JSON value, or raw bytes."""

    url: str
    answers: list[tuple[int, object]] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)


class _Endpoint(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        kept: TokenServer = self.server.kept
        body = self.rfile.read(int(self.headers["Content-Length"]))
        kept.asked.append(dict(parse_qsl(body.decode())))
        status, said = kept.answers.pop(0) if len(kept.answers) > 1 else kept.answers[0]
        data = said if isinstance(said, bytes) else json.dumps(said).encode()
        self.send_response(status)
        if 300 <= status < 400:
            self.send_header("Location", "https://ailleurs.example/")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing on the terminal."""


@contextmanager
def open_tokens(certificate: Path, *answers: tuple[int, object]) -> Iterator[TokenServer]:
    """Run it on a free port of this machine, under a certificate for `localhost`."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    with HTTPServer(("127.0.0.1", 0), _Endpoint) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        kept = TokenServer(f"https://localhost:{server.server_address[1]}/token?v=2", list(answers))
        server.kept = kept
        thread = threading.Thread(target=server.serve_forever, args=[0.01], daemon=True)
        thread.start()
        try:
            yield kept
        finally:
            server.shutdown()
            thread.join(5)
