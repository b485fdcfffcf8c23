"""What the installation is given while it is killed, and the account that is kept of it outside.

Each list holds what was promised to somebody: a mail in a box, a page that said yes, an import that ended well. What
got no answer is asked again, as a browser or a cron would; what is never answered is promised to nobody.
"""

import hashlib
import http.client
import random
import re
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from urllib.parse import urlencode, urlsplit
from uuid import UUID, uuid4

from django.db import DatabaseError, close_old_connections, connection

from benchmarks.kill_forms import Sent, Visitors
from benchmarks.kill_house import House
from benchmarks.visitor import NoAnswer
from doleance.accounts import actions as accounts
from doleance.accounts import queries as account_queries
from doleance.accounts.rules import Role, machine
from doleance.channels.actions import mailboxes
from doleance.channels.actions.mailboxes import MailboxSettings
from doleance.channels.rules import AfterReading, Security
from doleance.complaints.models import Complaint
from doleance.kernel.clock import now
from tests.servers.dovecot import PASSWORD as BOX_PASSWORD
from tests.servers.smtp import TAKES_THEN_CUTS, Behaviour, Step

BY = machine("tests")
PASSWORD = "une bouilloire à la mer"
AGENTS = ("amelie@maison.example", "bruno@maison.example")
BOXES = {"lues@maison.example": AfterReading.SEEN, "rangees@maison.example": AfterReading.MOVE}
DONE_FOLDER = "Faits"
ASKS_AGAIN_FOR_S = 90.0
_MOODS = (
    TAKES_THEN_CUTS,
    Behaviour(step=Step.GREETING, code=421),
    Behaviour(step=Step.RECIPIENT, code=451),
    Behaviour(step=Step.END, code=451),
)


@dataclass(frozen=True, slots=True)
class Delivered:
    """A mail that a box took. `group` names the mails of which one is a message and the others its copies."""

    box: str
    uidvalidity: int
    uid: int
    message_id: str
    body_sha256: str
    kind: str  # opens, continues, automatic
    group: str
    sender: str  # of mails that open a file: nobody else's


@dataclass(frozen=True, slots=True)
class Said:
    """A note or a reply that a page accepted. `text` is nobody else's."""

    kind: str
    once: UUID
    reference: str
    text: str


@dataclass(frozen=True, slots=True)
class Edit:
    """A title that somebody gave over the version `seen`. `answer`: accepted, refused, or unknown."""

    reference: str
    seen: int
    title: str
    answer: str


@dataclass
class Account:
    """All that was promised. Appended to by several threads: an append is one step."""

    delivered: list[Delivered] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    edits: list[Edit] = field(default_factory=list)
    imported: dict[str, str] = field(default_factory=dict)  # sha256 of an item: its Message-ID
    refused: list[str] = field(default_factory=list)  # what a page answered no to: nothing was promised
    forms: list[Sent] = field(default_factory=list)  # the public form: received, or kept until its turn
    pressed: list[str] = field(default_factory=list)  # the word of each form that was sent, whatever was answered


class Agent:
    """Somebody who signs in once and works in the pages."""

    def __init__(self, port: int, email: str) -> None:
        self._port = port
        self._email = email
        self._cookies: dict[str, str] = {}

    def sign_in(self) -> None:
        """Through the door. Raises NoAnswer."""
        page = self.ask("GET", "/connexion/")[1]
        token = _field(page, "csrfmiddlewaretoken")
        form = {"csrfmiddlewaretoken": token, "login": self._email, "password": PASSWORD}
        status, page, _ = self.ask("POST", "/connexion/", form)
        if status != 302:
            raise NoAnswer(f"{self._email} is not let in: {status}")

    def ask(self, method: str, path: str, form: dict[str, str] | None = None) -> tuple[int, str, str]:
        """Status, page and place to go. Raises NoAnswer."""
        direct = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        body = None
        if form is not None:
            body = urlencode(form)
            headers |= {
                "Content-Type": "application/x-www-form-urlencoded",
                "Referer": f"http://127.0.0.1:{self._port}/",
            }
        try:
            direct.request(method, path, body, headers)
            answer = direct.getresponse()
            page = answer.read().decode("utf-8", "replace")
        except (OSError, http.client.HTTPException) as error:
            raise NoAnswer(type(error).__name__) from error
        finally:
            direct.close()
        for header in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = header.partition(";")[0].partition("=")
            self._cookies[name] = value
        if answer.status >= 500:
            raise NoAnswer(str(answer.status))
        return answer.status, page, answer.headers.get("Location", "")

    def form_of(self, reference: str) -> dict[str, str]:
        """What each form of a file carries: the token, and the version on the screen. Raises NoAnswer."""
        status, page, _ = self.ask("GET", f"/dossiers/{reference}/")
        if status != 200:
            raise NoAnswer(f"{reference}: {status}")
        return {name: _field(page, name) for name in ("csrfmiddlewaretoken", "seen", "since")}

    def press(self, path: str, form: dict[str, str]) -> bool:
        """Send a form; whether it was accepted. Raises NoAnswer."""
        status, _, place = self.ask("POST", path, form)
        if status == 302 and not urlsplit(place).path.startswith("/connexion/"):
            return True
        if status in {409, 422}:
            return False
        raise NoAnswer(f"{path}: {status} {place}")


def _field(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    if found is None:
        raise NoAnswer(f"no {name} in the page")
    return unescape(found[1])


def furnish(house: House) -> None:
    """The people, the mailboxes and the calendars of an installation that was just made."""
    assert house.dovecot is not None
    at = now()
    entity = accounts.ensure_house(by=BY, at=at)
    told = {"name": "Maison Lavergne", "time_zone": "Europe/Paris", "calendar": "FR", "mediator": "Médiateur, Paris"}
    accounts.change_entity(entity=entity, by=BY, at=at, **told)
    team = account_queries.default_team(entity)
    for email in AGENTS:
        name = email.partition("@")[0].title()
        user = accounts.add_user(name=name, email=email, roles={Role.AGENT}, teams=[team], by=BY, at=at)
        accounts.choose_password(user=user, password=PASSWORD, by=BY, at=at)
    for address, after in BOXES.items():
        if after is AfterReading.MOVE:
            house.dovecot.create(address, DONE_FOLDER)
        wanted = MailboxSettings(
            address=address,
            name="Maison Lavergne",
            smtp_host="127.0.0.1",
            smtp_port=house.sink.port,
            smtp_security=Security.NONE,
            imap_host=house.dovecot.host,
            imap_port=house.dovecot.port,
            imap_user=address,
            imap_secret=BOX_PASSWORD,
            imap_security=Security.NONE,
            after_reading=after,
            done_folder=DONE_FOLDER if after is AfterReading.MOVE else "",
        )
        mailboxes.add_mailbox(entity=entity, wanted=wanted, by=BY, at=at)


class Load:
    """Threads that deliver, write, edit and import until they are stopped; each draws from a chance of its own."""

    def __init__(self, house: House, account: Account, seed: int, *, pace_s: float = 0.6) -> None:
        self._house = house
        self._account = account
        self._seed = seed
        self._pace_s = pace_s
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._boxes = threading.Lock()  # UIDs are told apart because one mail is delivered at a time
        self._agents = [Agent(house.port, email) for email in AGENTS]
        self._visitors = Visitors(house.port, ASKS_AGAIN_FOR_S)
        self._visitors.sent, self._visitors.marks = account.forms, account.pressed
        self._count = 0
        self.importing = 0  # the process of an import that runs now
        self.trouble: list[str] = []

    def start(self) -> None:
        """Begin: people sign in, then everybody works."""
        for agent in self._agents:
            agent.sign_in()
        works: Sequence[Callable[[random.Random], None]] = (
            self._deliver,
            self._write,
            self._race,
            self._import,
            self._misbehave,
            self._fill_in,
        )
        for work in works:
            thread = threading.Thread(target=self._go_on, args=[work], name=work.__name__, daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """End: what was begun is asked to its end."""
        self._stop.set()
        for thread in self._threads:
            thread.join(ASKS_AGAIN_FOR_S + 120)
            if thread.is_alive():
                self.trouble.append(f"the load's thread {thread.name} hangs")

    def _go_on(self, work: Callable[[random.Random], None]) -> None:
        chance = random.Random(f"{self._seed} {work.__name__}")
        while not self._stop.is_set():
            try:
                work(chance)
            except NoAnswer:
                self._stop.wait(0.2)
            except Exception as error:  # noqa: BLE001  the harness says it, and it is a failure
                self.trouble.append(f"{work.__name__}: {type(error).__name__} {error}")
                self._stop.wait(1.0)
            finally:
                close_old_connections()
            self._stop.wait(chance.uniform(0.2, 1.8) * self._pace_s)

    def deliver(self, chance: random.Random, *, kind: str = "") -> Delivered:
        """One mail into one box; noted once the box has it."""
        assert self._house.dovecot is not None
        with self._boxes:
            box = chance.choice(sorted(BOXES))
            raw, told = self._mail(chance, kind or chance.choices(("opens", "continues", "automatic"), (7, 3, 1))[0])
            taken: Delivered | None = None
            copies = 2 if told[0] == "opens" and chance.random() < 0.12 else 1
            for _ in range(copies):
                self._house.dovecot.deliver(box, raw, sender=told[2])
                uidvalidity, uid = self._last_uid(box)
                taken = Delivered(
                    box=box,
                    uidvalidity=uidvalidity,
                    uid=uid,
                    message_id=told[1],
                    body_sha256=hashlib.sha256(raw.partition(b"\r\n\r\n")[2]).hexdigest(),
                    kind=told[0],
                    group=told[1],
                    sender=told[2],
                )
                self._account.delivered.append(taken)
        assert taken is not None
        return taken

    def _last_uid(self, box: str) -> tuple[int, int]:
        """UIDVALIDITY and UID of the mail that was just taken: a busy server may still tell of the one before."""
        assert self._house.dovecot is not None
        known = max((one.uid for one in self._account.delivered if one.box == box), default=0)
        for _ in range(200):
            with self._house.dovecot.client(box, None) as client:
                _, [status] = client.status("INBOX", "(UIDNEXT UIDVALIDITY)")
            numbers = dict(re.findall(rb"(UIDNEXT|UIDVALIDITY) (\d+)", status))
            uid = int(numbers[b"UIDNEXT"]) - 1
            if uid > known:
                return int(numbers[b"UIDVALIDITY"]), uid
            time.sleep(0.1)
        raise AssertionError(f"{box} took a mail and gave it no UID")

    def _mail(self, chance: random.Random, kind: str) -> tuple[bytes, tuple[str, str, str]]:
        """A mail: its bytes, and its kind, Message-ID and sender."""
        self._count += 1
        number = f"{self._count}-{chance.randrange(16**8):08x}"
        sender, more = f"client-{number}@c{number}.example", ""
        answered = self._house.sink.received if kind == "continues" else []
        if answered:
            ours = chance.choice(answered)
            sender, more = ours.recipients[0], f"In-Reply-To: {ours.message_id}\r\n"
        elif kind == "continues":
            kind = "opens"
        if kind == "automatic":
            more = "Auto-Submitted: auto-replied\r\n"
        message_id = f"mail-{number}@courriel.example"
        body = f"Bonjour,\r\n\r\nMon colis {number} n'est pas là.\r\n" + "Encore une ligne.\r\n" * chance.randrange(40)
        raw = (
            f"From: Client {number} <{sender}>\r\nTo: reclamations@maison.example\r\n{more}"
            f"Subject: Colis {number}\r\nMessage-ID: <{message_id}>\r\n"
            f"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{body}"
        )
        return raw.encode(), (kind, message_id, sender)

    def _deliver(self, chance: random.Random) -> None:
        self.deliver(chance)

    def _fill_in(self, chance: random.Random) -> None:
        """Somebody at the public door."""
        try:
            self._visitors.send_one(chance, self._stop)
        finally:
            self.trouble += self._visitors.trouble
            self._visitors.trouble = []

    def _misbehave(self, chance: random.Random) -> None:
        """The server that takes our mails refuses one for now, or takes one and goes without a word."""
        self._house.sink.then(chance.choice(_MOODS))
        self._stop.wait(chance.uniform(2, 6))

    def _a_file(self, chance: random.Random) -> str:
        """The reference of some file. Raises NoAnswer while there is none."""
        try:
            found = list(Complaint.objects.order_by("-id").values_list("reference", flat=True)[:20])
        except DatabaseError as error:
            with suppress(DatabaseError):
                connection.close()
            raise NoAnswer("database") from error
        if not found:
            raise NoAnswer("no file yet")
        return chance.choice(found)

    def _write(self, chance: random.Random) -> None:
        """A note or a reply, asked again with the same key until a page says yes or no."""
        agent, reference = self._agents[0], self._a_file(chance)
        kind, once = chance.choice(("note", "reply")), uuid4()
        text = f"Message {once.hex}"
        path = f"/dossiers/{reference}/{'note' if kind == 'note' else 'reponse'}/"
        more = {"kind": "etape", "faire": "envoyer"} if kind == "reply" else {}
        ends = time.monotonic() + ASKS_AGAIN_FOR_S
        while time.monotonic() < ends:
            with suppress(NoAnswer):
                form = agent.form_of(reference)
                if agent.press(path, form | {"text": text, "once": str(once)} | more):
                    self._account.said.append(Said(kind, once, reference, text))
                else:
                    self._account.refused.append(path)
                return
            time.sleep(0.3)
        self.trouble.append(f"{path}: no page answered for {ASKS_AGAIN_FOR_S:.0f} s")

    def _race(self, chance: random.Random) -> None:
        """Two people give a title to the same file, over the same version, at the same moment."""
        reference = self._a_file(chance)
        forms = [agent.form_of(reference) for agent in self._agents]
        gate = threading.Barrier(len(forms))

        def edit(agent: Agent, form: dict[str, str], title: str) -> None:
            with suppress(threading.BrokenBarrierError):
                gate.wait(5)
            try:
                answer = (
                    "accepted" if agent.press(f"/dossiers/{reference}/titre/", form | {"title": title}) else "refused"
                )
            except NoAnswer:
                answer = "unknown"
            self._account.edits.append(Edit(reference, int(form["seen"]), title, answer))

        threads = [
            threading.Thread(target=edit, args=[agent, form, f"Titre {uuid4().hex}"])
            for agent, form in zip(self._agents, forms, strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _import(self, chance: random.Random) -> None:
        """A folder of mails, imported by the real command until it says that all went well."""
        folder = self._house.folder / f"import-{uuid4().hex}"
        folder.mkdir()
        wanted = {}
        for _ in range(chance.randint(1, 4)):
            raw, told = self._mail(chance, "opens")
            Path(folder / f"{told[1]}.eml").write_bytes(raw)
            wanted[hashlib.sha256(raw).hexdigest()] = told[1]
        ends = time.monotonic() + ASKS_AGAIN_FOR_S
        while time.monotonic() < ends:
            running = self._house.command("import", str(folder))
            self.importing = running.pid
            running.communicate()
            self.importing = 0
            if running.returncode == 0:
                self._account.imported.update(wanted)
                self._stop.wait(chance.uniform(3, 9))
                return
            time.sleep(0.5)
        self.trouble.append(f"an import did not end well in {ASKS_AGAIN_FOR_S:.0f} s")
