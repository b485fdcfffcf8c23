"""What is kept of readings, of what they propose and of what people say of it."""

import json
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Model

from doleance.accounts.rules import Actor, Permission, require
from doleance.audit import actions as audit
from doleance.audit import seal
from doleance.channels.models import Attachment, Message
from doleance.complaints.actions import dossiers
from doleance.complaints.actions import proposals as griefs
from doleance.complaints.models import Complaint, Grievance
from doleance.kernel.db import hold, write
from doleance.kernel.ids import uuid7
from doleance.understanding import proposals, queries
from doleance.understanding.models import FileReading, JudgedSignal, Proposal, SavedReading, Trust
from doleance.understanding.process import wire
from doleance.understanding.rules import MessageKind, NoSuchSignal, NotRead, Proposed, Reading, Signal, SignalCode
from doleance.understanding.scans.told import Recognised, Trouble

_LONGEST_MODEL, _LONGEST_LANGUAGE, _LONGEST_ERROR = 120, 8, 16


def _subject(complaint: Complaint) -> UUID:
    """Under whose key a reading lies: the person's, else the file's own, as the bytes of its messages."""
    return complaint.party_id or complaint.id


@write
def save(
    *, complaint: Complaint, message: Message, reading: Reading, anew: bool = False, by: Actor, at: datetime
) -> SavedReading:
    """Keep what a model read of a message of a file; the same model's reading is kept once.

    A failure to read it that was noted before is taken away. So is, `anew`, an earlier reading by this model, of
    which nothing was proposed and nobody said anything.
    """
    hold(f"reading:{message.pk}")
    rows = SavedReading.objects.filter(message=message)
    failed = list(rows.exclude(error=""))
    known = rows.filter(model=reading.model[:_LONGEST_MODEL]).first()
    is_kept = known is not None and (not anew or _is_told_of(known))
    removed = failed if is_kept or known is None else [*failed, known]
    rows.filter(pk__in=[one.pk for one in removed]).delete()
    if known is not None and is_kept:
        if removed:
            _record(complaint, "message_understood", by, at, rows=[], removed=removed)
        return known
    kept = SavedReading(
        complaint=complaint,
        message=message,
        model=reading.model[:_LONGEST_MODEL],
        kind=reading.kind,
        language=reading.language[:_LONGEST_LANGUAGE],
        urgency=reading.urgency,
        read_at=at,
    )
    kept.id = uuid7()
    told = json.dumps(wire.of_reading(reading), ensure_ascii=False).encode()
    kept.sealed = seal.seal(kept.id, _subject(complaint), told)
    kept.save(force_insert=True)
    _record(complaint, "message_understood", by, at, rows=[(kept, None)], removed=removed)
    return kept


def _is_told_of(saved: SavedReading) -> bool:
    """Whether something was made of a reading: a proposal, what a person said of its kind or of its signals."""
    return bool(saved.said_kind) or saved.proposals.exists() or saved.judged_signals.exists()


@write
def note_failure(*, complaint: Complaint, message: Message, error: str, by: Actor, at: datetime) -> None:
    """Note that a message could not be read, and why: a reading with nothing in it, one a message.

    What was read of it before stays, and is what is shown; the failure beside it is counted, and taken away by the
    next reading that succeeds.
    """
    hold(f"reading:{message.pk}")
    known = SavedReading.objects.filter(message=message).exclude(error="").first()
    if known is not None and known.error == error[:_LONGEST_ERROR]:
        return
    kept = known or SavedReading(complaint=complaint, message=message)
    kept.error, kept.read_at = error[:_LONGEST_ERROR], at
    kept.save()
    _record(complaint, "message_not_understood", by, at, rows=[(kept, None if known is None else ["error"])])


@write
def note_file(
    *, complaint: Complaint, attachment: Attachment, found: Recognised, by: Actor, at: datetime
) -> FileReading:
    """Keep what was read of an attached file, or why nothing was. Once; again when only an engine lacked."""
    hold(f"file:{attachment.pk}")
    known = FileReading.objects.filter(attachment=attachment).first()
    if known is not None and (known.trouble != Trouble.NO_ENGINE or found.trouble is Trouble.NO_ENGINE):
        return known
    kept = known or FileReading(complaint=complaint, attachment=attachment)
    kept.engine, kept.version, kept.confidence = found.engine or "", found.version, found.confidence
    kept.pages, kept.pages_read = found.pages, found.read
    kept.text = found.text
    kept.trouble = found.trouble or ("" if found.text else Trouble.NO_TEXT)
    kept.read_at = at
    kept.save()
    _record(complaint, "file_read" if kept.text else "file_not_read", by, at, rows=[(kept, None)])
    return kept


@write
def note_proposal(
    *,
    reading: SavedReading,
    grievance: Grievance,
    one: Proposed,
    category: str,
    team_id: UUID,
    is_routed: bool,
    by: Actor,
    at: datetime,
) -> Proposal:
    """Keep a grief as the machine proposed it, beside the grievance that people will make of it what they want."""
    kept = Proposal.objects.create(
        reading=reading,
        grievance=grievance,
        category=category,
        confidence=proposals.thousandths(one.confidence),
        top3=[[code, proposals.thousandths(share)] for code, share in one.top3],
        wanted=[remedy.value for remedy in one.wanted],
        start=one.start,
        end=one.end,
        team_id=team_id,
        is_routed=is_routed,
    )
    _record(reading.complaint, "grievance_proposed", by, at, rows=[(kept, None)])
    return kept


@write
def settle(*, grievance: Grievance, by: Actor, at: datetime) -> None:
    """Note that a person decided about a proposal; what they made of it is the grievance. Once."""
    found = Proposal.objects.select_related("reading__complaint").filter(grievance=grievance, settled_at=None).first()
    if found is None:
        return
    found.settled_at = at
    found.save(update_fields=["settled_at"])
    _record(found.reading.complaint, "proposal_settled", by, at, rows=[(found, ["settled_at"])])


@write
def say_kind(
    *, complaint: Complaint, message_id: UUID, kind: MessageKind, seen: int | None = None, by: Actor, at: datetime
) -> None:
    """Say what a message is, as a person reads it: what the machine proposed is kept beside. Who handles files may.

    Raises NotRead.
    """
    require(by, Permission.HANDLE)
    current = dossiers.editable(complaint, seen, by)
    rows = SavedReading.objects.select_for_update(of=("self",)).filter(complaint=current, message=message_id, error="")
    held = rows.order_by("-read_at", "-id").first()
    if held is None:
        raise NotRead
    if held.said_kind == kind:
        return
    held.said_kind = kind
    held.save(update_fields=["said_kind"])
    dossiers.touch(current, at=at)
    facts = {"from": held.kind, "to": kind.value}
    dossiers.record(current, "message_kind_said", by=by, at=at, rows=[(held, ["said_kind"])], facts=facts)


@write
def judge_signal(
    *,
    complaint: Complaint,
    code: SignalCode,
    holds: bool,
    seen: int | None = None,
    by: Actor,
    at: datetime,
) -> JudgedSignal:
    """Say that a signal that was read holds, or does not; changed as often as people change their mind.

    Who handles files may. Of a vulnerability nothing is kept but by this, and its words only while it holds. Raises
    NoSuchSignal.
    """
    require(by, Permission.HANDLE)
    current = dossiers.editable(complaint, seen, by)
    raised = queries.raised(current).get(code)
    known = JudgedSignal.objects.select_for_update(of=("self",)).filter(complaint=current, code=code).first()
    if raised is None and known is None:
        raise NoSuchSignal
    judged = known or _judged(current, raised)
    judged.holds, judged.at = holds, at
    judged.user_id = by.user_id
    judged.reading = (raised[0] if raised is not None else judged.reading) if holds else None
    judged.save()
    dossiers.touch(current, at=at)
    said = "signal_confirmed" if holds else "signal_dropped"
    dossiers.record(current, said, by=by, at=at, rows=[(judged, None)], facts={"signal": code.value})
    if code is SignalCode.SAFETY_RISK:
        griefs.mark_safety(complaint=current, is_safety=holds, by=by, at=at)
    return judged


def _judged(complaint: Complaint, raised: tuple[SavedReading, Signal] | None) -> JudgedSignal:
    if raised is None:
        raise NoSuchSignal
    saved, signal = raised
    return JudgedSignal(complaint=complaint, message_id=saved.message_id, code=signal.code)


@write
def measure(*, by: Actor, at: datetime) -> Trust:
    """Measure anew from which confidence on proposals were right as often as is asked for; called each night."""
    hold("trust")
    known = Trust.objects.order_by("id").first()
    trust = known or Trust()
    found = proposals.gate(queries.confidences(), precision=trust.precision)
    before = (trust.gate, trust.measured, trust.counted)
    trust.gate, trust.measured, trust.counted = found or (None, None, 0)
    if known is not None and before == (trust.gate, trust.measured, trust.counted):
        return known
    return _keep(trust, "trust_measured", by, at)


@write
def ask_precision(*, precision: int, by: Actor, at: datetime) -> Trust:
    """Say how often, in a thousand, a proposal must have been right for the next ones to be routed by themselves.

    Who changes settings may. It is measured again at once.
    """
    require(by, Permission.SETTINGS)
    hold("trust")
    trust = Trust.objects.order_by("id").first() or Trust()
    trust.precision = max(proposals.LEAST_PRECISION, min(proposals.THOUSAND, precision))
    trust.gate, trust.measured, trust.counted = proposals.gate(queries.confidences(), precision=trust.precision) or (
        None,
        None,
        0,
    )
    return _keep(trust, "trust_asked", by, at)


def _keep(trust: Trust, code: str, by: Actor, at: datetime) -> Trust:
    trust.measured_at = at
    trust.save()
    audit.record(stream="settings", code=code, by=by.id, at=at, rows=[(trust, None)])
    return trust


def depend_on(complaint: Complaint, subject: UUID) -> None:
    """Let what was read of a file's messages depend on somebody else's key, inside a write: its person changed."""
    for pk in SavedReading.objects.filter(complaint=complaint, error="").order_by("id").values_list("pk", flat=True):
        seal.rewrap(pk, subject)


def _record(
    complaint: Complaint,
    code: str,
    by: Actor,
    at: datetime,
    rows: Sequence[tuple[Model, Sequence[str] | None]],
    removed: Sequence[Model] = (),
) -> None:
    """One event on the file's chain, told of the file as it is now; no reader of the file is interrupted by it."""
    current = dossiers.locked(complaint, by=None)
    dossiers.record(current, code, by=by, at=at, rows=rows, removed=removed)
