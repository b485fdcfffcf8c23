"""From a received message to the griefs it proposes: read outside any transaction, then kept in one.

Nothing waits for it: a message is received, its file opened and acknowledged before anybody reads it. What cannot be
read has an empty reading, and is read again when the model changes.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from procrastinate.contrib.django import app
from procrastinate.types import JSONValue

from doleance.accounts.models import Team
from doleance.accounts.rules import Actor
from doleance.audit import queries as audit
from doleance.audit import seal
from doleance.channels import queries as channels
from doleance.channels.models import Attachment, Message
from doleance.complaints.actions import dossiers
from doleance.complaints.actions import proposals as griefs
from doleance.complaints.following import mask_links
from doleance.complaints.models import Category, Complaint, Exchange, Grievance
from doleance.complaints.rules import SETTLED, GrievanceState, State
from doleance.intake.drafts import TYPED
from doleance.kernel import languages
from doleance.kernel.db import pending, write
from doleance.notifications import letters
from doleance.notifications import queries as notifications
from doleance.routing import rules as routing
from doleance.routing.queries import teams
from doleance.routing.rules import Matter
from doleance.understanding import actions as understanding
from doleance.understanding import proposals, queries
from doleance.understanding.models import FileReading, SavedReading
from doleance.understanding.process import child
from doleance.understanding.process.child import ReadingFailed
from doleance.understanding.rules import Proposed, Reading, SignalCode
from doleance.understanding.scans import child as scans
from doleance.understanding.scans import told
from doleance.understanding.scans.told import Recognised, Trouble

UNDERSTAND = "intake.understand"  # the job, by the name it is deferred by
READ_FILES = "intake.read_files"  # another, of what came with a message
_BEHIND = -1  # receiving comes first
LATE = timedelta(days=2)


class _ToRead:
    """The messages that one write gave to files: one job reads them, after its commit."""

    def __init__(self) -> None:
        self._messages: list[JSONValue] = []

    def add(self, message: Message) -> None:
        """One more."""
        self._messages.append(str(message.pk))

    def finish(self) -> None:
        """Leave the job, in the transaction of what it is about."""
        if self._messages:
            app.configure_task(UNDERSTAND, queue="intake", priority=_BEHIND).defer(message_ids=self._messages)


def order(message: Message) -> None:
    """Have a message read once this write is done, inside it; nothing in a house that does without."""
    if settings.DOLEANCE_READING:
        pending(_ToRead).add(message)


def understand(*, message: Message, anew: bool = False, by: Actor, at: datetime) -> SavedReading | None:
    """Read a message of a file and keep what it says and proposes; None when it is in no file, or its file is over.

    One that leaves it to its files to speak is read with what they say; places in them are none in the message.
    `anew`: its files were read since. Slow, and outside any transaction. Raises ReadingFailed, with nothing changed.
    """
    exchange = _readable(message)
    if exchange is None:
        return None
    body = told.spoken(exchange.text, queries.read_of_files(message))
    # What failed may have been the reading with its files: read once more, it is read with them.
    anew = anew or (queries.has_failed(message) and told.leans_on_files(exchange.text))
    date = _sent(exchange.complaint, message)
    given = queries.incoming(exchange, subject=mask_links(message.subject), date=date, body=body)
    reading = child.read(given, language=exchange.complaint.language)
    if body != exchange.text:
        reading = proposals.without_places(reading)
    return keep(exchange=exchange, reading=reading, anew=anew, by=by, at=at)


def _readable(message: Message) -> Exchange | None:
    rows = queries.readable().filter(message=message)
    return rows.select_related("complaint__entity", "message").first()


def files_of(message: Message) -> tuple[Sequence[Attachment], bool]:
    """The files of a message that are still to be read, and whether its own reading waits for them."""
    exchange = _readable(message)
    files = queries.files_to_read(message) if exchange is not None else []
    return files, bool(files) and exchange is not None and told.leans_on_files(exchange.text)


def read_file(*, attachment: Attachment, by: Actor, at: datetime) -> FileReading | None:
    """Read an attached file and keep its text, or why there is none; None when its message is in no live file, or
    whoever sent it was erased. Slow, and outside any transaction.
    """
    exchange = _readable(attachment.message)
    if exchange is None:
        return None
    try:
        data = channels.content_of(attachment) if attachment.size <= told.MOST_BYTES else None
    except seal.KeyDestroyed:
        return None
    found = (
        Recognised(trouble=Trouble.TOO_LARGE)
        if data is None
        else scans.read(data, language=exchange.complaint.language)
    )
    return keep_file(attachment=attachment, complaint=exchange.complaint, found=found, by=by, at=at)


@write
def keep_file(
    *, attachment: Attachment, complaint: Complaint, found: Recognised, by: Actor, at: datetime
) -> FileReading | None:
    """Keep what was read of an attached file of a file that may have changed meanwhile; None once it was erased."""
    current = dossiers.locked(complaint, by=None)
    if audit.is_erased(current.party_id or current.pk):
        return None
    return understanding.note_file(complaint=current, attachment=attachment, found=found, by=by, at=at)


@write
def give_up_file(*, attachment: Attachment, by: Actor, at: datetime) -> FileReading | None:
    """Note that the reading of an attached file broke off at each try: its trouble says so, its message is read."""
    exchange = _readable(attachment.message)
    if exchange is None:
        return None
    found = Recognised(trouble=Trouble.CRASH)
    return keep_file(attachment=attachment, complaint=exchange.complaint, found=found, by=by, at=at)


def _sent(complaint: Complaint, message: Message) -> datetime:
    """When a message was sent, on the clocks of the house: « mardi dernier » counts from there. A sender's own clock
    is believed when it is near.
    """
    told = message.dated_at
    near = told if told is not None and abs(told - message.received_at) < LATE else message.received_at
    return near.astimezone(ZoneInfo(complaint.entity.time_zone))


@write
def give_up(*, message: Message, failed: ReadingFailed, by: Actor, at: datetime) -> None:
    """Note that a message could not be read: its reading is empty, and a person reads it as ever."""
    exchange = queries.readable().filter(message=message).select_related("complaint", "message").first()
    if exchange is not None:
        current = dossiers.locked(exchange.complaint, by=None)
        understanding.note_failure(complaint=current, message=message, error=failed.code, by=by, at=at)


@write
def keep(*, exchange: Exchange, reading: Reading, anew: bool = False, by: Actor, at: datetime) -> SavedReading:
    """Keep a reading, and propose what it holds, once a message. Who was there before the machine stays right.

    A message of which griefs were proposed is not proposed anew, whatever another model reads in it. `anew`: one that
    said nothing by itself is proposed once its files were read.
    """
    current = dossiers.locked(exchange.complaint, by=None)
    message = exchange.message
    assert message is not None
    is_new = not queries.had_proposals(message) and (anew or queries.reading_of(message) is None)
    saved = understanding.save(complaint=current, message=message, reading=reading, anew=anew and is_new, by=by, at=at)
    if is_new:
        current = _note_whole(current, exchange, reading, by, at)
        if _may_propose(current, message, at):
            _propose(current, exchange, saved, reading, by, at)
    return saved


def _may_propose(complaint: Complaint, message: Message, at: datetime) -> bool:
    """Not in a settled file, nor under a final answer that is leaving: what it says must still be so when it left.

    A message that is read long after it came proposes nothing where somebody works: they have read it.
    """
    is_late = at - message.stored_at > LATE and complaint.state != State.RECEIVED
    return not is_late and State(complaint.state) not in SETTLED and not notifications.final_leaving(complaint)


def _note_whole(complaint: Complaint, exchange: Exchange, reading: Reading, by: Actor, at: datetime) -> Complaint:
    """What a reading says of a whole file: danger jumps every queue at once; the language, of a mail nobody answered.

    A false alarm costs a glance, and whoever handles the file takes it away.
    """
    if any(one.code is SignalCode.SAFETY_RISK for one in reading.signals):
        complaint = griefs.mark_safety(complaint=complaint, is_safety=True, by=by, at=at)
    spoken = reading.language[:2]
    is_opening = exchange.rule == "opened" and complaint.state == State.RECEIVED
    is_typed = exchange.message is not None and exchange.message.channel in TYPED
    if is_opening and not is_typed and spoken in letters.LANGUAGES:
        complaint = griefs.set_language(complaint=complaint, language=spoken, by=by, at=at)
    return complaint


def _propose(
    complaint: Complaint, exchange: Exchange, saved: SavedReading, reading: Reading, by: Actor, at: datetime
) -> None:
    codes = _codes(reading)
    chosen = {team.pk: team for team in Team.objects.filter(entity=complaint.entity).order_by("id")}
    rules, gate = teams.team_rules(complaint.entity), queries.trust().gate
    is_first = True
    for place in _places(complaint, exchange, reading, codes):
        one, code = reading.grievances[place], codes[place]
        team_id = routing.choose_team(Matter(code, complaint.team_id), rules)
        is_routed = gate is not None and proposals.thousandths(one.confidence) >= gate
        if is_routed and is_first:
            complaint = _route(complaint, exchange, chosen[team_id], by, at)
        is_first = False
        grievance = griefs.propose_grievance(
            complaint=complaint,
            exchange=exchange,
            title=proposals.title_of(one.quote),
            quote=one.quote,
            category=code,
            wanted=_wanted(one, complaint.language),
            facts=proposals.facts_for(code, one, reading),
            team=chosen[team_id] if is_routed else None,
            by=by,
            at=at,
        )
        understanding.note_proposal(
            reading=saved,
            grievance=grievance,
            one=one,
            category=code,
            team_id=team_id,
            is_routed=is_routed,
            by=by,
            at=at,
        )


def _codes(reading: Reading) -> Mapping[int, str]:
    """The category of each grief that was read, by its place, as the taxonomy knows it."""
    known = set(Category.objects.filter(is_active=True).values_list("code", flat=True).order_by("code"))
    return {place: proposals.code_of(one, known) for place, one in enumerate(reading.grievances)}


def _places(complaint: Complaint, exchange: Exchange, reading: Reading, codes: Mapping[int, str]) -> Sequence[int]:
    """Which of the griefs that were read are proposed. Where people wrote some before the machine, theirs stand."""
    rows = Grievance.objects.filter(complaint=complaint).exclude(state=GrievanceState.DROPPED).order_by("number")
    known = list(rows.values_list("category_id", flat=True))
    is_opening = exchange.rule == "opened"
    is_typed = exchange.message is not None and exchange.message.channel in TYPED
    if is_opening and len(known) > is_typed:
        return []
    told = proposals.branch(known[0]) if is_opening and known else ""
    return proposals.to_propose(reading, codes=codes, known=known, told=told, is_first=is_opening)


def _wanted(one: Proposed, language: str) -> str:
    tongue = languages.tongue(letters.language_for(language))
    return "\n".join(tongue.translate(remedy.label) for remedy in one.wanted)


def _route(complaint: Complaint, exchange: Exchange, team: Team, by: Actor, at: datetime) -> Complaint:
    """A new file that nobody took goes to the team of its first grief; one that somebody opened stays theirs."""
    is_free = complaint.owner_id is None and complaint.state == State.RECEIVED and complaint.restricted_at is None
    if exchange.rule == "opened" and is_free and team.pk != complaint.team_id:
        return dossiers.assign(complaint=complaint, owner=None, team=team, by=by, at=at)
    return complaint
