"""The limits of the child are really enforced, and a message that kills it is kept and shown."""

import base64
import os
import signal
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from doleance.channels.email import child
from doleance.channels.email.child import LIMITS, Readers
from doleance.channels.email.parse import parse
from doleance.channels.rules import Limit, Problem
from doleance.kernel import confined
from tests.channels import mails

# Twenty pages of HTML, each below the limit of one: about twenty seconds of processor time on the machine it was
# written on. (A stricter bomb than one big page, which is read by its words alone.)
CPU_BOMB = (
    b"From: a@b.fr\r\nSubject: bombe\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    + (b"--b\r\nContent-Type: text/html\r\n\r\n" + b"<p>a<b>b</b></p>" * 120_000 + b"\r\n") * 20
)
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
MEMORY_BOMB = b"From: a@b.fr\r\nSubject: bombe\r\n\r\n" + b"x" * 150_000_000


@pytest.fixture
def readers(request):
    made = []

    def make(count=1, **limits):
        made.append(Readers(count, replace(LIMITS, **limits)))
        return made[-1]

    yield make
    for one in made:
        one.close()


def alive(of: Readers) -> confined.Child:
    """The one child of a pool, put back."""
    found = of._pool._idle.get()
    of._pool._idle.put(found)
    assert found is not None
    return found


def test_the_child_says_what_reading_here_says(readers):
    one = readers()
    for raw in (
        mails.mail(),
        mails.with_files("été", "<p>été</p>", {"é.pdf": b"\x00\xff"}),
        b"",
        b"\xff",
        mails.nested(60),
    ):
        assert one.parse(raw) == parse(raw)


def test_the_child_shows_pages_and_small_images(readers):
    one = readers()
    page = one.html(mails.with_files("été", "<p>été<script>x</script></p>", {}))
    assert page is not None
    assert (page.html.strip(), page.images_blocked) == ("<p>été</p>", 0)
    assert one.html(mails.mail()) is None
    assert one.thumbnail(b"texte") is None
    small = one.thumbnail(PNG)
    assert small is not None
    assert small[8:12] == b"WEBP"
    assert one.parse(mails.mail()).subject == "Colis perdu"


def test_a_page_or_image_that_kills_its_reader_is_not_shown(readers, monkeypatch):
    def ask(self, mode, raw):
        raise child.Died(Limit.TIME)

    monkeypatch.setattr(Readers, "_ask", ask)
    assert readers().html(mails.mail()) is None
    assert readers().thumbnail(PNG) is None


def test_a_cpu_bomb_is_stopped_and_shown(readers):
    parsed = readers(cpu_seconds=1).parse(CPU_BOMB)
    assert (parsed.problem, parsed.limit) == (Problem.OVER_LIMIT, Limit.TIME)
    assert (parsed.sender.address, parsed.subject) == ("a@b.fr", "bombe")


def test_a_memory_bomb_is_stopped_and_shown(readers):
    parsed = readers(memory_bytes=400_000_000).parse(MEMORY_BOMB)
    assert (parsed.problem, parsed.limit) == (Problem.OVER_LIMIT, Limit.MEMORY)
    assert parsed.sender.address == "a@b.fr"


def test_after_a_bomb_the_next_message_is_read(readers):
    one = readers(memory_bytes=400_000_000)
    one.parse(MEMORY_BOMB)
    assert one.parse(mails.mail()).subject == "Colis perdu"


def test_three_thousand_nested_parts_and_an_800_kb_subject_end_nothing(readers):
    one = readers()
    one.parse(mails.mail())
    first = alive(one).pid
    assert one.parse(mails.nested(3_000)).limit == Limit.DEPTH
    assert one.parse(mails.mail(Subject="=?utf-8?q?a?= " * 60_000)).limit == Limit.HEADER_BLOCK
    assert alive(one).pid == first


def test_a_hung_child_is_given_up(readers):
    one = readers()
    one.parse(mails.mail())
    alive(one)._limits = replace(LIMITS, wall_seconds=0.3)
    os.kill(alive(one).pid, signal.SIGSTOP)
    parsed = one.parse(mails.mail())
    # The stopped child was given up for this message, which a fresh one then peeked at.
    assert (parsed.problem, parsed.limit) == (Problem.OVER_LIMIT, Limit.TIME)
    assert parsed.sender.address == "helene.durand@courriel.example"


def test_a_child_that_was_killed_between_messages_is_replaced(readers):
    one = readers()
    one.parse(mails.mail())
    first = alive(one)
    os.kill(first.pid, signal.SIGKILL)
    first._process.wait()
    assert one.parse(mails.mail()).problem == Problem.NONE


def test_a_child_that_dies_in_the_middle_costs_no_message(readers, monkeypatch):
    one = readers()
    one.parse(mails.mail())
    os.kill(alive(one).pid, signal.SIGKILL)
    monkeypatch.setattr(confined.Child, "is_alive", True)  # it dies after the question of its health
    assert one.parse(mails.mail()).problem == Problem.NONE


def test_a_message_that_always_crashes_its_reader_is_peeked_at(readers, monkeypatch):
    one = readers()
    asked = []

    def ask(self, mode, raw):
        asked.append(mode)
        if mode == b"R":
            raise child.Died(Limit.CRASH)
        return whole(self, mode, raw)

    whole = Readers._ask
    monkeypatch.setattr(Readers, "_ask", ask)
    parsed = one.parse(mails.mail())
    assert asked == [b"R", b"R", b"P"]
    assert (parsed.limit, parsed.subject) == (Limit.CRASH, "Colis perdu")


def test_what_is_no_mail_is_none_even_after_a_crash(readers, monkeypatch):
    one = readers(memory_bytes=400_000_000)
    parsed = one.parse(b"\x00" * 200_000_000)
    assert parsed.problem in {Problem.NOT_A_MESSAGE, Problem.OVER_LIMIT}


def test_a_child_is_replaced_after_its_share_of_messages(readers):
    one = readers(share=3)
    pids = []
    for _ in range(7):
        one.parse(mails.mail())
        held = one._pool._idle.get()
        one._pool._idle.put(held)
        pids.append(held.pid if held else None)
    assert pids[0] == pids[1] is not None
    assert pids[2] is None
    assert pids[3] == pids[4] != pids[0]


def test_threads_share_the_children(readers):
    one = readers(count=2)
    said = []
    threads = [threading.Thread(target=lambda: said.append(one.parse(mails.mail()).subject)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert said == ["Colis perdu"] * 8


@pytest.mark.skipif(not Path("/proc/self/limits").exists(), reason="no /proc on this system")
def test_the_product_s_own_child_has_the_promised_limits_and_knows_no_secret(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://secret")
    one = Readers(1)
    try:
        one.parse(mails.mail())
        proc = Path("/proc") / str(alive(one).pid)
        limits = proc.joinpath("limits").read_text()
        environment = proc.joinpath("environ").read_bytes()
    finally:
        one.close()
    rows = {line[:25].strip(): line[25:].split()[0] for line in limits.splitlines()}
    assert 10 <= int(rows["Max cpu time"]) <= 12
    assert int(rows["Max address space"]) == 1024**3
    assert rows["Max file size"] == rows["Max core file size"] == "0"
    assert b"secret" not in environment
    assert {name.partition(b"=")[0] for name in environment.split(b"\0") if name} <= {
        b"PYTHONPATH",
        b"PATH",
        b"LC_ALL",
        *(name.encode() for name in confined.ALONE),
    }


def test_the_child_ends_with_its_pipe(readers):
    one = readers()
    one.parse(mails.mail())
    held = alive(one)
    assert held._process.stdin is not None
    held._process.stdin.close()
    assert held._process.wait(5) == 0
