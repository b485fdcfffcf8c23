"""People who fill in the public form while the installation is killed, and what they were promised.

A person whose request dies presses again, with the same cookies, as a browser does. A receipt is a promise; so is the
page that says « votre réclamation est gardée »: under pressure it goes by itself.
"""

import hashlib
import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from uuid import uuid4

from benchmarks import visitor
from benchmarks.visitor import Answer, File, Form, NoAnswer, Told, Visitor

BRANCHES = ("product", "delivery", "billing", "customer_service", "digital", "other")
TOGETHER = 3  # presses at once, of somebody in a hurry


@dataclass(frozen=True, slots=True)
class Sent:
    """A form that a page said was received, or kept. `mark` is a word of its text, nobody else's."""

    mark: str
    email: str
    files: tuple[str, ...]  # sha256
    is_kept: bool  # it was told to wait: it goes by itself


class Visitors:
    """What one thread of the load does with the form, and the words it used: answered or not, never two files."""

    def __init__(self, port: int, asks_again_for_s: float) -> None:
        self._port = port
        self._asks_again_for_s = asks_again_for_s
        self.sent: list[Sent] = []
        self.marks: list[str] = []  # of every form that was pressed, whatever became of it
        self.waited = 0  # how many were told to wait
        self.trouble: list[str] = []

    def send_one(self, chance: random.Random, stop: threading.Event) -> None:
        """One person, from the first question to the receipt."""
        told, mark, email = _told(chance)
        with Visitor(self._port) as person:
            summary = self._until_answered(stop, lambda: person.fill(told))
            if summary is None:
                return  # it was never pressed
            form = visitor.question_of(summary)
            self.marks.append(mark)
            if chance.random() < 0.3:
                self._hurry(person, form)
            answer = self._until_answered(None, lambda: person.press(form, work=chance.random() < 0.5))
            if answer is None:
                self.trouble.append(f"form {mark}: nobody answered for {self._asks_again_for_s:.0f} s")
                return
            self._note(answer, mark, email, told)
            if chance.random() < 0.3:
                with suppress(NoAnswer):
                    person.press(form)

    def _note(self, answer: Answer, mark: str, email: str, told: Told) -> None:
        is_kept = answer.status in {302, 303} and answer.place.startswith(visitor.SUMMARY)
        if not (is_kept or visitor.is_receipt(answer)):
            self.trouble.append(f"form {mark}: answered {answer.status} {answer.place}")
            return
        self.waited += is_kept
        files = tuple(hashlib.sha256(one.data).hexdigest() for one in told.files)
        self.sent.append(Sent(mark, email, files, is_kept))

    def _hurry(self, person: Visitor, form: Form) -> None:
        """The same press several times at once, by one device; what is answered is asked for again afterwards."""

        def press() -> None:
            with Visitor(self._port) as twin, suppress(NoAnswer):
                twin.cookies = dict(person.cookies)
                twin.press(form)

        threads = [threading.Thread(target=press) for _ in range(TOGETHER)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _until_answered(self, stop: threading.Event | None, ask: Callable[[], Answer]) -> Answer | None:
        ends = time.monotonic() + self._asks_again_for_s
        while time.monotonic() < ends and not (stop is not None and stop.is_set()):
            with suppress(NoAnswer):
                return ask()
            time.sleep(0.3)
        return None


def _told(chance: random.Random) -> tuple[Told, str, str]:
    """What somebody says: its fields, the word that is theirs alone, their address."""
    mark = f"Formulaire {uuid4().hex}"
    email = f"visiteur-{mark[-12:]}@v{mark[-6:]}.example"
    files = [File(f"photo {number}.txt", chance.randbytes(chance.randrange(1, 60_000))) for number in range(2)]
    answers = {"branch": chance.choice(BRANCHES), "text": f"Bonjour. {mark}. Rien ne va.", "email": email}
    return Told(answers, files[: chance.choice((0, 0, 1, 2))]), mark, email
