"""Complaints and what belongs to them, made by the product's own actions, with defaults that a test may override."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from doleance.channels.actions import mailboxes
from doleance.channels.actions import messages as channels
from doleance.channels.actions.mailboxes import MailboxSettings
from doleance.channels.actions.messages import NOBODY, Incoming, Judged
from doleance.channels.models import Mailbox, Message
from doleance.channels.rules import ParsedFile, ParsedMessage, Person, Reason, Source
from doleance.complaints.actions import dossiers as complaints
from doleance.complaints.actions import grievances
from doleance.complaints.models import Complaint, Grievance
from doleance.kernel.ids import uuid7
from tests.cast import MORNING, TESTS, Cast

DURAND = "Hélène Durand <helene.durand@courriel.example>"
LETTER = "Bonjour,\n\nMa bouilloire est arrivée cassée et personne ne me répond.\n\nHélène Durand"


def complaint(cast: Cast, *, received_at: datetime = MORNING, **changes: Any) -> Complaint:
    """An open file of Mme Durand in Amélie's team, from a letter without a message."""
    told: dict[str, Any] = {
        "entity": cast.entity,
        "team": cast.team,
        "party": cast.durand,
        "message": None,
        "text": LETTER,
        "title": "Bouilloire arrivée cassée",
        "received_at": received_at,
        "sent_at": received_at,
        "by": TESTS,
        "at": received_at,
    }
    return complaints.open_dossier(**(told | changes))


def grievance(complaint: Complaint, **changes: Any) -> Grievance:
    """One grievance of a file, accepted."""
    told: dict[str, Any] = {
        "title": "Bouilloire cassée",
        "quote": "arrivée cassée",
        "category": "product.damaged",
        "by": TESTS,
        "at": MORNING,
    }
    return grievances.add_grievance(complaint=complaint, **(told | changes))


def incoming(
    cast: Cast,
    text: str = LETTER,
    *,
    at: datetime = MORNING,
    files: Sequence[ParsedFile] = (),
    subject: str = "Colis",
    proposed: Person = NOBODY,
) -> Message:
    """A mail of Mme Durand that arrived at `at`, read, linked to her and to no file yet."""
    address = "helene.durand@courriel.example"
    raw = f"From: {address}\r\nSubject: {subject}\r\n\r\n{text}".encode()
    item = Incoming(raw=raw, source=Source.IMPORT, entity=cast.entity, team=cast.team, server=at)
    [stored] = channels.store(items=[item], by=TESTS, at=at)
    message = stored.message
    parsed = ParsedMessage(sender=Person("Hélène Durand", address), subject=subject, text=text, files=tuple(files))
    channels.describe(message=message, parsed=parsed, judged=Judged(proposed=proposed), at=at)
    channels.link(message=message, files=files, subject=cast.durand.id, by=TESTS, at=at)
    return message


def message(cast: Cast, raw: bytes | None = None, **changes: Any) -> Message:
    """A mail of Mme Durand in the ledger, stored and not read yet. `raw` defaults to a letter nobody else sent."""
    head = f"From: {DURAND}\nSubject: Bouilloire\nMessage-ID: <{uuid7()}@courriel.example>\n\n"
    written = raw or (head + LETTER).encode()
    told: dict[str, Any] = {"raw": written, "source": Source.IMPORT, "entity": cast.entity, "team": cast.team}
    [stored] = channels.store(items=[Incoming(**(told | changes))], by=TESTS, at=MORNING)
    return stored.message


def quarantined(cast: Cast, reason: Reason = Reason.UNREADABLE) -> Message:
    """A message that waits for a person."""
    found = message(cast)
    channels.quarantine(message=found, reason=reason, files=(), by=TESTS, at=MORNING)
    return found


def mailbox(cast: Cast, **changes: Any) -> Mailbox:
    """The address that customers write to."""
    wanted = MailboxSettings(address="reclamations@maison.example", name="Maison", team=cast.team)
    return mailboxes.add_mailbox(entity=cast.entity, wanted=replace(wanted, **changes), by=TESTS, at=MORNING)
