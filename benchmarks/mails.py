"""French mails of complaint, generated: `python -m benchmarks.mails 10000 DOSSIER --seed 1 [--mbox]`.

The same seed writes the same mails. With them comes what must become of each, so that an import has an oracle: the
proportions are those that reliability.md §2 asks a reader to bear (one mail in five without a Message-ID, wrong
charsets, HTML alone, files, machines, copies).
"""

import argparse
import base64
import json
import quopri
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.header import Header
from email.utils import format_datetime
from html import escape
from pathlib import Path
from random import Random

START = datetime(2026, 1, 5, 7, 30, tzinfo=UTC)
FIRST = (
    "Hélène", "Marc", "Anaïs", "Loïc", "Françoise", "Yusuf", "Chloé", "Jérôme", "Inès", "Rémi", "Zoé", "Étienne",
    "Nadège", "Thaïs", "Gaël", "Mélanie", "Søren", "Agnès", "Benoît", "Céline", "Désiré", "Fatoumata", "Noémie",
)  # fmt: skip
LAST = (
    "Durand", "Lefèvre", "N’Guessan", "Le Goff", "Benzéma", "Gauthier", "Çelik", "Delmas", "Okoro", "Müller",
    "D’Aramitz", "Roussel", "Pélissier", "Kowalczyk", "Fèvre", "Saint-Cyr", "Œuvrard", "Blanchet", "Ibáñez",
)  # fmt: skip
HOUSES = ("courriel.example", "boite.example", "poste.example", "mel.example", "famille.example")
THINGS = (
    "ma bouilloire", "la machine à café", "mon téléphone", "le canapé", "ma box", "l’aspirateur", "le vélo",
    "mon ordinateur", "la poussette", "le lave-linge", "mes chaussures", "l’imprimante",
)  # fmt: skip
MATTERS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Colis perdu", (
        "J’attends {thing} depuis le {day}, et le suivi n’a pas bougé depuis douze jours.",
        "Le livreur dit avoir déposé le colis chez un voisin que personne ne connaît.",
        "Deux fois on m’a promis un rappel, deux fois j’ai attendu pour rien.",
    )),
    ("Livraison en retard", (
        "La livraison était promise pour le {day} ; nous sommes le {later} et {thing} n’est pas là.",
        "J’ai pris une demi-journée de congé pour rien.",
    )),
    ("Double prélèvement", (
        "Vous m’avez prélevé deux fois {amount} € pour la commande {order}.",
        "Ma banque confirme les deux opérations, relevé à l’appui.",
        "Je demande le remboursement de la seconde, et des frais de découvert : 8,00 €.",
    )),
    ("Facture erronée", (
        "Le devis disait {amount} €, la facture dit davantage, sans un mot d’explication.",
        "Je conteste la ligne « frais de dossier » : personne ne m’en a parlé.",
    )),
    ("Panne sous garantie", (
        "Acheté il y a trois mois, {thing} ne s’allume plus du tout.",
        "Le magasin me renvoie vers vous, vous me renvoyez vers le magasin.",
        "Je demande l’échange ou le remboursement, comme le prévoit la garantie légale de conformité.",
    )),
    ("Accueil déplorable", (
        "Votre conseiller m’a raccroché au nez le {day} à 14 h 10.",
        "J’étais poli ; lui, non. Je voudrais des excuses, rien d’autre.",
    )),
    ("Site inutilisable", (
        "Le bouton « Valider » ne fait rien, ni sur mon téléphone ni sur l’ordinateur de ma fille.",
        "Avec un lecteur d’écran, le formulaire est impossible à remplir.",
    )),
    ("Données personnelles", (
        "Je reçois les courriers de quelqu’un d’autre, avec son adresse et son numéro de client.",
        "Qui reçoit les miens ?",
    )),
)  # fmt: skip
ASKS = (
    "Que comptez-vous faire ?", "Merci de me répondre par écrit.", "J’attends une réponse sous huit jours.",
    "Sans nouvelles, je saisirai le médiateur.", "Je reste à votre disposition au 06 12 34 56 78.",
)  # fmt: skip
_PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


@dataclass(frozen=True, slots=True)
class Written:
    """One mail and what must become of it: complaint, duplicate, repeat, or a reason of quarantine."""

    raw: bytes
    outcome: str
    received_at: datetime


class Writer:
    """Writes mails one after the other; a seed gives always the same. `pace`: at most so many seconds between two."""

    def __init__(self, seed: int, start: datetime = START, pace: int = 1_800) -> None:
        self.random = Random(seed)
        self.number = 0
        self.at = start
        self.pace = pace
        self._before: list[Written] = []
        self._kinds: tuple[tuple[Callable[[], Written], int], ...] = (
            (self._plain, 30), (self._utf8_bare, 10), (self._latin, 14), (self._base64, 8), (self._html, 12),
            (self._both, 10), (self._with_file, 8), (self._again, 2), (self._copy, 2), (self._absence, 1),
            (self._bounce, 1), (self._spam, 1), (self._nobody, 1),
        )  # fmt: skip

    def mails(self, count: int) -> Iterator[Written]:
        """`count` mails; the first one is an ordinary one."""
        kinds, weights = zip(*self._kinds, strict=True)
        for index in range(count):
            write = self.random.choices(kinds, weights)[0] if index else self._plain
            written = write()
            if written.outcome == "complaint":
                self._before = [*self._before[-50:], written]
            yield written

    def _person(self) -> tuple[str, str]:
        first, last = self.random.choice(FIRST), self.random.choice(LAST)
        number = self.random.randrange(4_000)  # people write more than once
        return f"{first} {last}", f"client{number}@{self.random.choice(HOUSES)}"

    def _words(self) -> tuple[str, list[str]]:
        subject, lines = self.random.choice(MATTERS)
        day = START + timedelta(days=self.random.randrange(300))
        facts = {
            "thing": self.random.choice(THINGS),
            "day": f"{day:%d/%m/%Y}",
            "later": f"{day + timedelta(days=9):%d/%m/%Y}",
            "amount": f"{self.random.randrange(900, 90_000) / 100:.2f}".replace(".", ","),
            "order": f"{self.random.randrange(10**8):08d}",
        }
        told = [line.format(**facts) for line in lines]
        if self.random.random() < 0.3:  # some people tell all their troubles in one letter
            told += [line.format(**facts) for line in self.random.choice(MATTERS)[1]]
        return f"{subject} - commande {facts['order']}", ["Bonjour,", *told, self.random.choice(ASKS)]

    def _head(self, subject: str, *, more: dict[str, str] | None = None, charset: str = "utf-8") -> dict[str, str]:
        self.number += 1
        self.at += timedelta(seconds=self.random.randrange(1 + self.pace // 90, self.pace))
        name, address = self._person()
        head = {
            "Received": f"from relais.example by mx.maison.example with ESMTPS id {self.number}; "
            f"{format_datetime(self.at)}",
            "From": f"{Header(name, charset).encode()} <{address}>",
            "To": "reclamations@maison.example",
            "Subject": Header(subject, charset).encode(),
            "Date": format_datetime(self.at - timedelta(seconds=self.random.randrange(90))),
            "MIME-Version": "1.0",
        }
        if self.random.random() < 0.8:  # one real mail in five has none
            head["Message-ID"] = f"<{self.number}.{self.random.randrange(10**9)}@{address.rpartition('@')[2]}>"
        return head | (more or {})

    def _written(self, head: dict[str, str], body: bytes, outcome: str = "complaint") -> Written:
        raw = "".join(f"{name}: {value}\r\n" for name, value in head.items() if value).encode() + b"\r\n" + body
        return Written(raw, outcome, self.at)

    def _letter(self) -> tuple[str, str]:
        subject, lines = self._words()
        return subject, "\r\n\r\n".join([*lines, f"{self.random.choice(FIRST)} {self.random.choice(LAST)}"]) + "\r\n"

    def _plain(self) -> Written:
        subject, text = self._letter()
        more = {"Content-Type": "text/plain; charset=utf-8", "Content-Transfer-Encoding": "quoted-printable"}
        return self._written(self._head(subject, more=more), quopri.encodestring(text.encode()))

    def _utf8_bare(self) -> Written:
        """Eight bits everywhere, nothing declared: half of the old programs."""
        subject, text = self._letter()
        return self._written(self._head(subject) | {"Subject": subject}, text.encode())

    def _latin(self) -> Written:
        """Windows-1252 under the name of ISO 8859-1, as Outlook wrote for twenty years."""
        subject, text = self._letter()
        more = {"Content-Type": 'text/plain; charset="iso-8859-1"', "Content-Transfer-Encoding": "8bit"}
        return self._written(self._head(subject, more=more), text.encode("cp1252", "replace"))

    def _base64(self) -> Written:
        subject, text = self._letter()
        more = {"Content-Type": "text/plain; charset=utf-8", "Content-Transfer-Encoding": "base64"}
        return self._written(self._head(subject, more=more), base64.encodebytes(text.encode()))

    def _markup(self, text: str) -> str:
        blocks = "".join(f"<p style='margin:0'>{escape(line)}</p>" for line in text.split("\r\n\r\n"))
        return f"<html><head><style>p{{color:#222}}</style></head><body>{blocks}<br></body></html>"

    def _html(self) -> Written:
        subject, text = self._letter()
        more = {"Content-Type": "text/html; charset=utf-8", "Content-Transfer-Encoding": "quoted-printable"}
        return self._written(self._head(subject, more=more), quopri.encodestring(self._markup(text).encode()))

    def _parts(self, kind: str, parts: list[tuple[str, bytes]], subject: str) -> Written:
        boundary = f"=_{self.number}_{self.random.randrange(10**12)}"
        body = b"".join(f"--{boundary}\r\n{head}\r\n\r\n".encode() + part + b"\r\n" for head, part in parts)
        head = self._head(subject, more={"Content-Type": f'multipart/{kind}; boundary="{boundary}"'})
        return self._written(head, body + f"--{boundary}--\r\n".encode())

    def _both(self) -> Written:
        subject, text = self._letter()
        parts = [
            ("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit", text.encode()),
            ("Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 8bit", self._markup(text).encode()),
        ]
        return self._parts("alternative", parts, subject)

    def _with_file(self) -> Written:
        subject, text = self._letter()
        data = _PDF + self.random.randbytes(self.random.randrange(2_000, 60_000))
        name = Header(f"facture été {self.number}.pdf", "utf-8").encode()
        attached = (
            f'Content-Type: application/pdf; name="{name}"\r\nContent-Transfer-Encoding: base64\r\n'
            f'Content-Disposition: attachment; filename="{name}"'
        )
        parts = [
            ("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit", text.encode()),
            (attached, base64.encodebytes(data)),
        ]
        return self._parts("mixed", parts, subject)

    def _again(self) -> Written:
        """The same bytes once more: exported twice."""
        return Written(self.random.choice(self._before).raw, "repeat", self.at) if self._before else self._plain()

    def _copy(self) -> Written:
        """The same mail by another relay: same Message-ID, same body."""
        known = [one for one in self._before if b"\r\nMessage-ID: " in one.raw.partition(b"\r\n\r\n")[0]]
        if not known:
            return self._plain()
        self.number += 1
        raw = f"Received: from autre.example by mx.maison.example id {self.number}\r\n".encode()
        return Written(raw + self.random.choice(known).raw, "duplicate", self.at)

    def _absence(self) -> Written:
        head = self._head("Réponse automatique : absente", more={"Auto-Submitted": "auto-replied"})
        return self._written(head, "Je suis absente jusqu’à lundi.\r\n".encode(), "automatic")

    def _bounce(self) -> Written:
        more = {"Return-Path": "<>", "From": "Mail Delivery Subsystem <mailer-daemon@relais.example>"}
        return self._written(self._head("Undelivered Mail", more=more), b"User unknown\r\n", "automatic")

    def _spam(self) -> Written:
        head = self._head("Gagnez un voyage", more={"X-Spam-Flag": "YES"})
        return self._written(head, b"Cliquez vite.\r\n", "spam")

    def _nobody(self) -> Written:
        return self._written(self._head("Sans nom") | {"From": ""}, b"Je prefere ne pas signer.\r\n", "no_sender")


def expected(outcomes: Counter[str]) -> dict[str, int]:
    """The figures that an import of these mails must print."""
    received = sum(outcomes.values())
    duplicate = outcomes["repeat"] + outcomes["duplicate"]
    linked = outcomes["complaint"]
    return {
        "received": received,
        "linked": linked,
        "quarantined": received - linked - duplicate,
        "duplicate": duplicate,
        "complaints": linked,
    }


def write(count: int, folder: Path, *, seed: int, mbox: bool, until: datetime | None = None) -> dict[str, int]:
    """Write the mails to files, or to one mbox; returns the figures that an import must print.

    `until`: they all came in the day before that moment, so that they are acknowledged; else they are history.
    """
    folder.mkdir(parents=True, exist_ok=True)
    outcomes: Counter[str] = Counter()
    with (folder / "boite.mbox").open("wb") if mbox else nullcontext() as stream:
        for number, one in enumerate(_writer(seed, count, until).mails(count)):
            outcomes[one.outcome] += 1
            if stream is not None:
                stream.write(f"From client {one.received_at:%a %b %e %H:%M:%S %Y}\r\n".encode() + one.raw + b"\r\n")
                continue
            shelf = folder / f"{number // 1000:03}"
            shelf.mkdir(exist_ok=True)
            (shelf / f"{number:06}.eml").write_bytes(one.raw)
    return expected(outcomes)


def _writer(seed: int, count: int, until: datetime | None) -> Writer:
    if until is None:
        return Writer(seed)
    return Writer(seed, start=until - timedelta(days=1), pace=max(2, 86_400 // count))


def main() -> int:
    """Write mails and print what their import must print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mbox", action="store_true")
    options = parser.parse_args()
    figures = write(options.count, options.folder, seed=options.seed, mbox=options.mbox)
    sys.stdout.write(json.dumps(figures) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
