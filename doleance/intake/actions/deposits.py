"""A complaint that somebody typed: into the public form, or for a customer who called or came by, or elsewhere.

One transaction each: what was typed is in the ledger, byte for byte, before anything is made of it; killed anywhere,
there is either nothing or all of it, and sending it again leads to the one file it made.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.conf import settings

from doleance.accounts import queries as accounts
from doleance.accounts.models import Entity, Team
from doleance.accounts.rules import Actor, Permission, may, require
from doleance.channels import queries as channel_queries
from doleance.channels.actions import messages as channels
from doleance.channels.actions.messages import Incoming, Judged
from doleance.channels.models import Message
from doleance.channels.rules import ParsedFile, ParsedMessage, Person, Source
from doleance.channels.typed import form as typed
from doleance.complainants import actions as complainants
from doleance.complainants.models import Party
from doleance.complaints import access
from doleance.complaints import queries as complaint_queries
from doleance.complaints.access import Use
from doleance.complaints.actions import access as accesses
from doleance.complaints.actions import dossiers as complaints
from doleance.complaints.actions import grievances
from doleance.complaints.models import Complaint
from doleance.complaints.rules import LinkUse, title_from
from doleance.deadlines import actions as deadlines
from doleance.intake import deposits, drafts, pressed, rules
from doleance.intake.actions import filing, reading, waiting
from doleance.intake.deposits import Contact, Deposit, DepositWay, DraftGone
from doleance.intake.models import Draft, DraftFile
from doleance.intake.pressure import NotYet
from doleance.intake.rules import Silence
from doleance.kernel import crashes, languages
from doleance.kernel.db import hold, is_waiting, write
from doleance.kernel.errors import NotAllowed
from doleance.keys import actions as keys
from doleance.keys import queries as key_queries
from doleance.keys.models import ApiKey
from doleance.notifications import letters
from doleance.notifications.telling import Opened

WEB = "web"  # the channel of the public form; those of staff bear the name of their way
API = "api"  # and that of other programs


@dataclass(frozen=True, slots=True)
class Submitted:
    """The file that a draft made; `is_new` is False when it was sent before."""

    complaint: Complaint
    is_new: bool


def submit(
    *, draft: Draft, deposit: Deposit, effort: str = "", network: str = "", by: Actor, at: datetime
) -> Submitted:
    """Send a draft: one complaint, whatever the number of presses. Outside any transaction.

    Under pressure it is kept as it was sent and goes by itself: raises NotYet, after that. Refuses, with nothing
    changed, what `deposits.checked` does, and a draft that was erased (DraftGone).
    """
    told = deposits.checked(deposit)
    until = waiting.turn_of(draft=draft, deposit=told, effort=effort, network=network, at=at)
    if until is not None:
        raise NotYet(until=until, at=at)
    return send(draft=draft, deposit=told, network=network, by=by, at=at)


@write
def send(*, draft: Draft, deposit: Deposit, network: str = "", by: Actor, at: datetime) -> Submitted:
    """Make the complaint of a draft whose turn has come. What waited is filed as it was sent, when it was sent."""
    # Its complaint is not joined here: after a wait, a locked row is new and what it is joined to is from before.
    held = Draft.objects.select_for_update(of=("self",)).select_related("entity").filter(pk=draft.pk)
    current = held.first()
    if current is None:
        raise DraftGone
    if current.complaint_id is not None:
        return Submitted(Complaint.objects.select_related("entity").get(pk=current.complaint_id), is_new=False)
    waiting.note_press(current, deposit=deposit, network=network, at=at)
    told = pressed.read(current.pressed) if current.pressed is not None else deposit
    joined = drafts.parsed_files(current)
    told = replace(told, files=_joined(joined, told.files))
    complaint = _open(
        _Arrival(
            deposit=deposits.checked(told),
            form=current.id,
            channel=WEB,
            source=Source.FORM,
            entity=current.entity,
            team=accounts.default_team(current.entity),
            received_at=current.pressed_at or at,
        ),
        by=by,
        at=at,
    )
    _empty(current, complaint, at)
    if joined:
        DraftFile.objects.filter(draft=current).delete()
    return Submitted(complaint, is_new=True)


def _joined(first: Sequence[ParsedFile], more: Sequence[ParsedFile]) -> tuple[ParsedFile, ...]:
    """The files of a draft, then those given beside it that it has not."""
    known = {(one.name, one.data) for one in first}
    return (*first, *(one for one in more if (one.name, one.data) not in known))


def _empty(draft: Draft, complaint: Complaint, at: datetime) -> None:
    """A draft that was sent names its complaint, and nothing else of it is kept here."""
    draft.answers, draft.pressed, draft.not_before = {}, None, None
    draft.submitted_at, draft.complaint = at, complaint
    columns = ["answers", "pressed", "not_before", "submitted_at", "complaint", "pressed_at", "origin", "named"]
    draft.save(update_fields=columns)


@write
def record(
    *,
    deposit: Deposit,
    way: DepositWay,
    entity: Entity,
    team: Team,
    received_at: datetime,
    once: UUID,
    is_written: bool | None = None,
    promise: str = "",
    by: Actor,
    at: datetime,
) -> Complaint:
    """Write down for a customer what they said on the telephone, or said or handed over at the counter.

    Any member of staff may, auditors apart. `once` is the form's identifier: sent twice, it makes one file.
    `is_written`: they gave it in writing, which starts what counts from writing; by default at the counter only.
    `promise`: what was promised to them, a note of the file. Who takes a call for a team that is not theirs owns it.
    Raises what `deposits.checked` does, and ReceivedLater.
    """
    require(by, Permission.DEPOSIT)
    deposits.check_received(received_at=received_at, at=at)
    told = deposits.checked(deposit)
    hold(f"deposit:{once}")
    written = channel_queries.by_id(once)
    if written is not None:
        return _made_of(written, Source.STAFF)
    is_agent = way is DepositWay.PHONE and may(by, Permission.HANDLE)
    complaint = _open(
        _Arrival(
            deposit=told,
            form=once,
            channel=way.value,
            source=Source.STAFF,
            entity=entity,
            team=team,
            received_at=received_at,
            is_oral=not (way is DepositWay.COUNTER if is_written is None else is_written),
            owner_id=by.user_id if is_agent and team.pk not in by.teams else None,
        ),
        by=by,
        at=at,
    )
    if promise:
        complaints.note(complaint=complaint, text=promise, once=deposits.promise_of(once), by=by, at=at)
    return complaint


@write
def transmit(
    *,
    deposit: Deposit,
    key: ApiKey,
    once: UUID,
    fingerprint: str,
    asked: str,
    received_at: datetime | None = None,
    is_oral: bool = False,
    by: Actor,
    at: datetime,
) -> Submitted:
    """Take in what another program tells by its key: one complaint, whatever the number of calls.

    `once` names the call and `fingerprint` is what it says (`keys.rules`); `asked` is its body, kept as it came.
    `received_at`: when the program had it, now when it does not say. What it tells proves of nobody who they are, no
    more than a form does. Raises OtherBody, what `deposits.checked` does, and ReceivedLater.
    """
    require(by, Permission.DEPOSIT)
    keys.enter_call(call=once, key_id=key.pk, fingerprint=fingerprint, at=at)
    written = channel_queries.by_id(once)
    if written is not None:
        return Submitted(_made_of(written, Source.API), is_new=False)
    deposits.check_received(received_at=received_at or at, at=at)
    arrival = _Arrival(
        deposit=deposits.checked(deposit),
        form=once,
        channel=API,
        source=Source.API,
        entity=key.entity,
        team=key_queries.receiving_team(key),
        received_at=received_at or at,
        is_oral=is_oral,
        asked=asked,
    )
    return Submitted(_open(arrival, by=by, at=at), is_new=True)


def _made_of(message: Message, source: Source) -> Complaint:
    """The file that a form of that source made. Another message's identifier was forged, and opens nothing."""
    found = complaint_queries.of_message(message) if message.source == source else None
    if found is None:
        raise NotAllowed(permission=Permission.DEPOSIT.value)
    return found


@dataclass(frozen=True, slots=True)
class _Arrival:
    """A deposit that is about to be filed: `form` is its identifier, `received_at` when it reached the house."""

    deposit: Deposit
    form: UUID
    channel: str
    source: Source
    entity: Entity
    team: Team
    received_at: datetime
    is_oral: bool = False
    owner_id: UUID | None = None
    asked: str = ""


def _open(arrival: _Arrival, *, by: Actor, at: datetime) -> Complaint:
    """Keep what was typed, then make its file: people, first point, clocks, acknowledgement, ways back."""
    deposit, (message, raw) = arrival.deposit, _kept(arrival, by=by, at=at)
    crashes.point("deposit.kept")
    party, representative, names_known = _people(deposit, is_heard=arrival.source is Source.STAFF, by=by, at=at)
    complaint = complaints.open_dossier(
        entity=arrival.entity,
        team=arrival.team,
        party=party,
        message=message,
        text=deposit.text,
        title=title_from("", deposit.text),
        received_at=arrival.received_at,
        sent_at=None if arrival.is_oral else arrival.received_at,
        is_oral=arrival.is_oral,
        owner_id=arrival.owner_id,
        language=letters.language_for(deposit.language, arrival.entity.language),
        representative=representative,
        capacity=deposit.representative.capacity if deposit.representative and representative else "",
        earlier=deposit.earlier,
        is_safety=deposits.is_safety(deposit),
        declared_status=deposit.contact.status,
        names_known=names_known,
        by=by,
        at=at,
    )
    to = next((address for one in (representative, party) if one and (address := complainants.email_of(one))), "")
    _read(message, raw, arrival, complaint, to=to, by=by, at=at)
    _tell(message, deposit, complaint, by=by, at=at)
    started = deadlines.start(complaint=complaint, by=by, at=at)
    opened = Opened(message=message, to=to, clocks=[clock.running() for clock in started])
    filing.acknowledge(complaint, opened, by=by, at=at)
    reading.order(message)
    _give_ways_back(complaint, arrival.form, by=by, at=at)
    crashes.point("deposit.filed")
    return complaint


def _kept(arrival: _Arrival, *, by: Actor, at: datetime) -> tuple[Message, bytes]:
    """The ledger's row of what was typed, and its bytes as they are kept.

    Files are told by their digests: their bytes are sealed beside it.
    """
    told = pressed.written(arrival.deposit)
    told["files"] = [
        {
            "name": one.name,
            "media_type": one.media_type,
            "size": len(one.data),
            "sha256": hashlib.sha256(one.data).hexdigest(),
        }
        for one in arrival.deposit.files
    ]
    raw = typed.written(form=arrival.form, told=told, asked=arrival.asked)
    item = Incoming(
        raw=raw,
        source=arrival.source,
        entity=arrival.entity,
        team=arrival.team,
        channel=arrival.channel,
        form=arrival.form,
        told=arrival.received_at,
    )
    [stored] = channels.store(items=[item], by=by, at=at)
    return stored.message, raw


def _people(deposit: Deposit, *, is_heard: bool, by: Actor, at: datetime) -> tuple[Party | None, Party | None, bool]:
    """The complainant, and who speaks for them; neither is known when nothing was said of either.

    And whether the mail address that was typed of one of them is that of somebody whom we knew already.
    """
    told, people, names_known = deposits.people(deposit), [], False
    complainants.meet({one.email for one in told if one is not None and one.email})
    for contact in told:
        party = _party(contact, deposit.language, is_heard=is_heard, by=by, at=at)
        names_known |= party is not None and party not in people and not is_waiting(party)
        people.append(party)
    party, representative = people
    return party, representative if representative != party else None, names_known


def _party(contact: Contact | None, language: str, *, is_heard: bool, by: Actor, at: datetime) -> Party | None:
    if contact is None:
        return None
    return complainants.introduce(
        name=contact.name,
        title=contact.title,
        ways=deposits.ways(contact),
        language=language,
        status=contact.status,
        is_customer=contact.is_customer,
        preferred=contact.preferred,
        reach_when=contact.reach_when,
        adaptations=contact.adaptations,
        is_heard=is_heard,
        by=by,
        at=at,
    )


def _read(
    message: Message, raw: bytes, arrival: _Arrival, complaint: Complaint, *, to: str, by: Actor, at: datetime
) -> None:
    """Note on the message who typed what, and hang its files under the person's key."""
    parsed = replace(typed.forms.parse(raw), files=arrival.deposit.files)
    channels.describe(message=message, parsed=parsed, judged=Judged(silence=_silence(to)), at=at)
    subject = complaint.party_id or complaint.id
    channels.link(message=message, files=arrival.deposit.files, subject=subject, by=by, at=at)


def _silence(to: str) -> str:
    """Why no machine may write there: anybody may type an address of ours, or one that nobody reads."""
    ours = channel_queries.our_addresses()
    found = rules.silence(ParsedMessage(sender=Person("", to)), ours=ours.mailboxes | ours.staff)
    return found if found in {Silence.OURS, Silence.ROBOT} else ""


def _tell(message: Message, deposit: Deposit, complaint: Complaint, *, by: Actor, at: datetime) -> None:
    """The first point of the file: their words, what was promised, what they want, what was asked and answered."""
    grievances.tell_grievance(
        complaint=complaint,
        exchange=message.exchange,
        category=deposit.branch,
        title=complaint.title,
        expected=deposit.expected,
        wanted=deposits.wanted(deposit, languages.tongue(complaint.language)),
        facts=deposit.facts,
        by=by,
        at=at,
    )


def _give_ways_back(complaint: Complaint, form: UUID, *, by: Actor, at: datetime) -> None:
    """The key and the receipt's address, derived from the form: nobody keeps them."""
    key = settings.DOLEANCE_FOLLOW_KEY
    secret = access.secret_for(key=key, purpose=Use.KEY, subject=form)
    accesses.give_key(complaint=complaint, secret=secret, by=by, at=at)
    secret = access.secret_for(key=key, purpose=Use.RECEIPT, subject=form)
    accesses.give_link(complaint=complaint, purpose=LinkUse.RECEIPT, secret=secret, by=by, at=at)
