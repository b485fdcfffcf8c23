"""What happens to a complaint. `move` is the only writer of its state; each action leaves its event on the chain."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Model

from doleance.accounts import queries as accounts
from doleance.accounts.models import Entity, Team, User
from doleance.accounts.rules import Actor, Permission, require
from doleance.audit import actions as audit
from doleance.channels.models import Message
from doleance.complainants.models import Party
from doleance.complainants.rules import PartyStatus
from doleance.complaints import circles, queries, rules
from doleance.complaints.models import Complaint, Exchange
from doleance.complaints.references import Drawn
from doleance.complaints.rules import ExchangeKind, State
from doleance.kernel import db, ids
from doleance.kernel.db import write
from doleance.kernel.errors import NotAllowed, Stale


def locked(complaint: Complaint, *, by: Actor | None, seen: int | None = None) -> Complaint:
    """The file as it is now, its row held until the end of the action. Raises NotAllowed when `by` may not see it.

    `by` is None for what follows from an act allowed elsewhere: a clock, a departure, a message routed, a hand-over.
    `seen` is the version a person had before the eyes: another one raises Stale, and nothing is overwritten.
    """
    if by is None and db.is_waiting(complaint):  # made in this very write: nobody else can know it
        return complaint
    files = queries.visible_to(by) if by is not None else Complaint.objects.all()
    held = files.select_for_update(of=("self",)).select_related("party", "entity", "team")
    current = held.filter(pk=complaint.pk).first()
    if current is None:
        raise NotAllowed(permission=Permission.READ_TEAM_FILES.value)
    if seen is not None and seen != current.version:
        raise Stale(version=current.version)
    return current


def record(
    complaint: Complaint,
    code: str,
    *,
    by: Actor,
    at: datetime,
    rows: Sequence[tuple[Model, Sequence[str] | None]] = (),
    removed: Sequence[Model] = (),
    facts: Mapping[str, Any] | None = None,
    texts: Mapping[str, str] | None = None,
) -> None:
    """One event on the complaint's chain; its texts are sealed under the complainant's key."""
    audit.record(
        stream=complaint.journal_stream,
        code=code,
        by=by.id,
        at=at,
        facts=facts or {},
        rows=[*rows, (complaint, ["version"])],  # it only grows: not even a change and its undoing can be cut unseen
        removed=removed,
        texts=texts or {},
        subject=complaint.party_id or complaint.id,
    )


def _save(complaint: Complaint, fields: Iterable[str], at: datetime) -> None:
    complaint.version += 1
    complaint.changed_at = max(complaint.changed_at, at)  # what is filed late does not make a file younger
    if not db.is_waiting(complaint):
        complaint.save(update_fields=[*fields, "version", "changed_at"])


def editable(complaint: Complaint, seen: int | None, by: Actor) -> Complaint:
    """The file, held, when what it says may be changed."""
    current = locked(complaint, by=by, seen=seen)
    rules.may_edit(State(current.state))
    return current


def touch(complaint: Complaint, *, at: datetime, fields: Sequence[str] = ()) -> None:
    """Count one change that whoever is writing in this file must see first. For the stories above, inside a write.

    `fields` are the columns that changed with it.
    """
    _save(complaint, fields, at)


@write
def open_dossier(
    *,
    entity: Entity,
    team: Team,
    party: Party | None,
    message: Message | None,
    text: str,
    title: str,
    received_at: datetime,
    sent_at: datetime | None,
    language: str = "fr",
    is_oral: bool = False,
    representative: Party | None = None,
    capacity: str = "",
    earlier: str = "",
    is_safety: bool = False,
    declared_status: PartyStatus | None = None,
    names_known: bool = False,
    owner_id: UUID | None = None,
    by: Actor,
    at: datetime,
) -> Complaint:
    """Open a file for one matter, with its first exchange. `received_at` starts most clocks.

    What was only said (`is_oral`) starts no clock that counts from writing. `representative` speaks for `party`, as
    what `capacity` says; `earlier` is what they said of having written before; `is_safety`: somebody is in danger.
    `declared_status` is what was declared where it was typed; `names_known`: the mail address typed there was known.
    """
    complaint = Complaint(
        reference=db.pending(Drawn).take(received_at.year),
        entity=entity,
        team=team,
        owner_id=owner_id,
        party=party,
        title=title or rules.title_from("", text),
        language=language,
        **_moments(received_at=received_at, sent_at=sent_at, is_oral=is_oral, at=at),
        regimes=list(entity.packs),
        representative=representative,
        capacity=capacity[:120],
        earlier=earlier[:200],
        is_safety=is_safety,
        declared_status=declared_status or "",
        names_known=names_known,
    )
    return _begun(complaint, message, text, by, at)


def _moments(
    *, received_at: datetime, sent_at: datetime | None, is_oral: bool, at: datetime
) -> dict[str, datetime | None]:
    """The moments from which the clocks of a new file count (deadlines.md §1.0)."""
    written = None if is_oral else sent_at or received_at
    return {"received_at": received_at, "sent_at": sent_at, "first_written_at": written} | {
        "registered_at": at,
        "changed_at": at,
    }


def _begun(complaint: Complaint, message: Message | None, text: str, by: Actor, at: datetime) -> Complaint:
    """Keep a file that is new, with its first exchange."""
    first = Exchange(
        complaint=complaint,
        kind=ExchangeKind.INBOUND,
        message=message,
        text=text,
        at=complaint.received_at,
        rule="opened",
    )
    db.insert(complaint)
    db.insert(first)
    record(complaint, "complaint_opened", by=by, at=at, rows=[(complaint, None), (first, None)])
    return complaint


@write
def add_exchange(*, complaint: Complaint, message: Message, text: str, rule: str, by: Actor, at: datetime) -> Exchange:
    """Attach a message the complainant sent; a settled file is reopened, a waiting one goes back to work.

    `rule` names what recognised the follow-up; `at` is when it was received. The first writing on a file that was only
    told is noted: what counts from writing may begin (`deadlines.start`).
    """
    current = locked(complaint, by=None)
    exchange = Exchange.objects.create(
        complaint=current, kind=ExchangeKind.INBOUND, message=message, text=text, at=message.received_at, rule=rule
    )
    fields = _first_written(current, message)
    _save(current, fields, at)
    rows: list[tuple[Model, Sequence[str] | None]] = [(exchange, None), *([(current, fields)] if fields else [])]
    record(current, "message_added", by=by, at=at, rows=rows, facts={"rule": rule})
    if State(current.state) in rules.SETTLED:
        reopen(complaint=current, by=by, at=at, reason=rules.NEW_MESSAGE)
    elif current.state == State.WAITING:
        move(complaint=current, to=State.INVESTIGATION, by=by, at=at)
    return exchange


def _first_written(complaint: Complaint, message: Message) -> list[str]:
    """Note when a file that was only told is first written about; the names of the columns it changed."""
    if complaint.first_written_at is not None or message.channel in rules.ORAL:
        return []
    complaint.first_written_at = complaint.sent_at = message.received_at
    return ["first_written_at", "sent_at"]


@write
def add_automatic(
    *, complaint: Complaint, message: Message, text: str, rule: str, by: Actor, at: datetime
) -> Exchange:
    """Attach what a machine answered to a mail of ours (a bounce, an absence): it is shown, and moves nothing."""
    current = locked(complaint, by=None)
    exchange = Exchange.objects.create(
        complaint=current, kind=ExchangeKind.AUTOMATIC, message=message, text=text, at=message.received_at, rule=rule
    )
    _save(current, [], at)
    record(current, "automatic_reply_added", by=by, at=at, rows=[(exchange, None)], facts={"rule": rule})
    return exchange


@write
def add_outbound(
    *, complaint: Complaint, message: Message | None, text: str, author_id: UUID | None, by: Actor, at: datetime
) -> Exchange:
    """Note on the timeline what left the house, at the moment it left. Called by the outbox only.

    The version does not move: a reader saw this mail wait to leave, and whoever is writing is not interrupted by it.
    """
    current = locked(complaint, by=None)
    exchange = Exchange.objects.create(
        complaint=current, kind=ExchangeKind.OUTBOUND, message=message, author_id=author_id, text=text, at=at
    )
    current.changed_at = max(current.changed_at, at)
    current.save(update_fields=["changed_at"])
    record(current, "message_sent", by=by, at=at, rows=[(exchange, None)])
    return exchange


@write
def note(*, complaint: Complaint, text: str, once: UUID | None = None, by: Actor, at: datetime) -> Exchange:
    """Write an internal note: it stays in the house. Refuses an empty text.

    `once` is the identifier the note will have: the same form sent twice writes one note.
    """
    require(by, Permission.NOTE)
    if not (said := text.strip()):
        raise rules.EmptyText
    current = locked(complaint, by=by)
    written = current.exchanges.filter(pk=once, kind=ExchangeKind.NOTE).first() if once else None
    if written is not None:
        return written
    exchange = Exchange.objects.create(
        id=once or ids.uuid7(), complaint=current, kind=ExchangeKind.NOTE, author_id=by.user_id, text=said, at=at
    )
    _save(current, [], at)
    record(current, "note_added", by=by, at=at, rows=[(exchange, None)])
    return exchange


@write
def move(
    *,
    complaint: Complaint,
    to: State,
    by: Actor,
    at: datetime,
    reason: str = "",
    leaving: int = 0,
    bounced: bool = False,
    answered_by: UUID | None = None,
) -> Complaint:
    """Move a file to another state when the table, the actor's rights and the guard agree; the only writer of `state`.

    Whoever calls it held the file for its actor, or files a message. The outbox stands above this package:
    `leaving` counts what still waits there, `bounced` says that the final answer came back, `answered_by` who wrote
    the answer that is contested: by default, the file's owner.
    """
    current = locked(complaint, by=None)
    origin = State(current.state)
    known = queries.facts(current)
    facts = replace(known, leaving=leaving, told=known.told and not bounced)
    rules.may_move(origin=origin, target=to, actor=by, facts=facts, reason=reason)
    current.state = to
    current.waiting_on = rules.waiting_on(to)
    fields = ["state", "waiting_on", *(() if origin is State.MERGED else _stamp(current, to, at, answered_by))]
    _save(current, fields, at)
    record(
        current,
        "state_moved",
        by=by,
        at=at,
        rows=[(current, [field for field in fields if field in Complaint.journal_columns])],
        facts={"from": origin.value, "to": to.value},
        texts={"reason": reason} if reason else None,
    )
    return current


def _stamp(complaint: Complaint, to: State, at: datetime, answered_by: UUID | None) -> list[str]:
    """The moment that goes with a state, and the names of the columns it changed."""
    match to:
        case State.DECIDED:
            complaint.decided_at = at
            return ["decided_at"]
        case State.ANSWERED:
            complaint.answered_at = at
            return ["answered_at"]
        case State.CLOSED | State.WITHDRAWN | State.FORWARDED:
            complaint.closed_at = at
            return ["closed_at"]
        case State.CONTESTED:  # the second review is another person's; the first is remembered
            complaint.decided_at = complaint.answered_at = complaint.closed_at = None
            complaint.reviewed_by_id, complaint.owner_id = answered_by or complaint.owner_id, None
            return ["decided_at", "answered_at", "closed_at", "reviewed_by_id", "owner_id"]
        case State.REOPENED:
            complaint.decided_at = complaint.answered_at = complaint.closed_at = None
            complaint.reopened_count += 1
            if complaint.owner not in queries.able(complaint):  # left, away, or elsewhere meanwhile
                complaint.owner_id = None
            return ["decided_at", "answered_at", "closed_at", "reopened_count", "owner_id"]
        case _:
            return []


@write
def answer_again(*, complaint: Complaint, by: Actor, at: datetime) -> Complaint:
    """Note that the answer that counts left at `at`: the one before it came back.

    A file that is not answered stays as it is.
    """
    current = locked(complaint, by=None)
    if current.answered_at is not None and current.answered_at < at:
        current.answered_at = at
        _save(current, ["answered_at"], at)
        record(current, "answered_again", by=by, at=at, rows=[(current, ["answered_at"])])
    return current


@write
def reopen(*, complaint: Complaint, by: Actor, at: datetime, reason: str = "") -> Complaint:
    """Bring a settled file back to work: a new message does it by itself, a person gives a reason."""
    return move(complaint=complaint, to=State.REOPENED, by=by, at=at, reason=reason)


@write
def take(*, complaint: Complaint, seen: int | None = None, by: Actor, at: datetime) -> Complaint:
    """Become the one who answers for a file; a free or reopened one goes to work. Refuses a closed one."""
    require(by, Permission.HANDLE)
    current = editable(complaint, seen, by)
    check_reviewer(current, by.user_id)
    if current.owner_id != by.user_id:
        current.owner_id = by.user_id
        _save(current, ["owner"], at)
        record(current, "owner_set", by=by, at=at, rows=[(current, ["owner_id"])])
    return _engage(current, by, at)


def _engage(complaint: Complaint, by: Actor, at: datetime) -> Complaint:
    """Work has begun: what was received is assessed, what was reopened or contested is investigated again."""
    if complaint.state == State.RECEIVED:
        return move(complaint=complaint, to=State.ASSESSMENT, by=by, at=at)
    if complaint.state in {State.REOPENED, State.CONTESTED}:
        return move(complaint=complaint, to=State.INVESTIGATION, by=by, at=at)
    return complaint


def check_reviewer(complaint: Complaint, user_id: UUID | None) -> None:
    """Raise SecondReviewer when this person gave the answer that is contested and a colleague could judge it."""
    first = complaint.reviewed_by
    if first is None or first.id != user_id:
        return
    others = [one for one in queries.able(complaint) if one.id != user_id]
    rules.may_review(state=State(complaint.state), name=first.name, is_first=True, others=len(others))


def engage(*, complaint: Complaint, by: Actor, at: datetime) -> Complaint:
    """Begin work on a file, becoming its owner when it has none. Refuses a settled file.

    A decided file whose grievances change goes back to investigation.
    """
    require(by, Permission.HANDLE)
    current = locked(complaint, by=by)
    if State(current.state) in rules.SETTLED or current.state == State.MERGED:
        raise rules.ClosedFile
    check_reviewer(current, by.user_id)
    if current.owner_id is None and by.user_id is not None:
        return take(complaint=current, by=by, at=at)
    return _engage(current, by, at)


@write
def assign(
    *, complaint: Complaint, owner: User | None, team: Team, seen: int | None = None, by: Actor, at: datetime
) -> Complaint:
    """Give a file to a team, and to one of its members who is there to handle it, or to nobody yet.

    A restricted file goes to somebody of its circle, of whatever team: raises NotInCircle for others.
    """
    require(by, Permission.HANDLE)
    current = editable(complaint, seen, by)
    if owner is not None and current.restricted_at is not None and owner not in queries.able(current):
        raise circles.NotInCircle(name=owner.name)
    if owner is not None and current.restricted_at is None and owner not in accounts.colleagues(team):
        raise rules.NotInTeam(name=owner.name)
    if owner is not None:
        check_reviewer(current, owner.id)
    current.owner, current.team = owner, team
    _save(current, ["owner", "team"], at)
    record(current, "owner_set", by=by, at=at, rows=[(current, ["owner_id", "team_id"])])
    return current


@write
def give_back(
    *, complaint: Complaint, owner: User | None, team: Team, seen: int, by: Actor, at: datetime
) -> Complaint:
    """Put a file back in the hands that had it. For who gave it away a moment ago, and may not read it any more.

    Raises Stale when anything happened to it since, and ClosedFile.
    """
    current = locked(complaint, by=None, seen=seen)
    rules.may_edit(State(current.state))
    current.owner, current.team = owner, team
    _save(current, ["owner", "team"], at)
    record(current, "owner_set", by=by, at=at, rows=[(current, ["owner_id", "team_id"])])
    return current


@write
def release(*, complaint: Complaint, to: User | None = None, by: Actor, at: datetime) -> Complaint:
    """Take a file from whoever left or is away: it goes to a colleague of its team who is there, else to nobody yet.

    Nothing may point to somebody who is not there. Refuses a colleague of other teams, and who gave the answer that is
    contested.
    """
    current = locked(complaint, by=None)
    if to is not None:
        if to not in queries.able(current):
            raise rules.NotInTeam(name=to.name)
        check_reviewer(current, to.id)
    current.owner = to
    _save(current, ["owner"], at)
    record(current, "owner_set", by=by, at=at, rows=[(current, ["owner_id"])])
    return current


@write
def rename(*, complaint: Complaint, title: str, seen: int | None = None, by: Actor, at: datetime) -> Complaint:
    """Give the file a title of ours. Refuses an empty one."""
    require(by, Permission.HANDLE)
    if not title.strip():
        raise rules.EmptyText
    current = editable(complaint, seen, by)
    current.title = " ".join(title.split())[:200]
    _save(current, ["title"], at)
    record(current, "title_set", by=by, at=at, rows=[(current, ["title"])])
    return current


@write
def see_mandate(*, complaint: Complaint, seen: int | None = None, by: Actor, at: datetime) -> Complaint:
    """Note that one saw the proof that the representative may speak for the complainant; who handles files may.

    Said twice, the first time counts. Raises NobodySpeaksForThem on a file without a representative.
    """
    require(by, Permission.HANDLE)
    current = editable(complaint, seen, by)
    if current.representative_id is None:
        raise rules.NobodySpeaksForThem
    if current.mandate_at is None:
        current.mandate_at = at
        _save(current, ["mandate_at"], at)
        record(current, "mandate_seen", by=by, at=at, rows=[(current, ["mandate_at"])])
    return current


@write
def set_lesson(
    *, complaint: Complaint, lesson: bool, text: str, seen: int | None = None, by: Actor, at: datetime
) -> Complaint:
    """Say whether there is a lesson to learn, and which: a point of the closing checklist."""
    require(by, Permission.HANDLE)
    current = editable(complaint, seen, by)
    current.lesson, current.lesson_text = lesson, text.strip()
    _save(current, ["lesson", "lesson_text"], at)
    record(current, "lesson_set", by=by, at=at, rows=[(current, ["lesson", "lesson_text"])])
    return current


@write
def set_regimes(*, complaint: Complaint, regimes: Sequence[str], reason: str, by: Actor, at: datetime) -> Complaint:
    """Keep which packs a file follows, with the reason. Their clocks are `deadlines.follow`, which calls it."""
    if not reason.strip():
        raise rules.ReasonMissing
    current = locked(complaint, by=by)
    facts = {"from": current.regimes, "to": list(regimes)}
    current.regimes = list(regimes)
    _save(current, ["regimes"], at)
    rows = [(current, ["regimes"])]
    record(current, "regimes_chosen", by=by, at=at, rows=rows, facts=facts, texts={"reason": reason.strip()})
    return current


@write(quiet="denormalised from clocks that are on the journal")
def note_next(*, complaint: Complaint, due_at: datetime | None, kind: str) -> None:
    """Keep the next due moment beside the file, so that lists use one index. Called by deadlines only."""
    if not db.is_waiting(complaint):
        Complaint.objects.filter(pk=complaint.pk).update(next_due_at=due_at, next_due_kind=kind)
    complaint.next_due_at, complaint.next_due_kind = due_at, kind
