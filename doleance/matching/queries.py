"""What is asked of pairs and merges: who is like whom, what waits for an answer, what separating would do."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

import numpy as np
from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import Exists, Func, Max, OuterRef, Q, QuerySet, TextField, Value
from django.db.models.functions import Left
from numpy.typing import NDArray

from doleance.accounts.rules import Actor
from doleance.complainants import queries as complainants
from doleance.complainants.models import Address
from doleance.complainants.rules import AddressChannel
from doleance.complaints import queries as complaints
from doleance.complaints.models import Complaint, Exchange, Grievance
from doleance.complaints.rules import MERGEABLE, OPEN, ExchangeKind, GrievanceState, State
from doleance.deadlines import queries as deadlines
from doleance.kernel import kept
from doleance.kernel.kept import Statement
from doleance.kernel.kinds import gettext_noop
from doleance.matching import rules
from doleance.matching.models import Merge, Pair, Traits
from doleance.matching.rules import Answer, PointOf, Side
from doleance.notifications import pointers
from doleance.notifications import queries as notifications
from doleance.notifications.pointers import Pointed
from doleance.understanding.duplicates import portraits, score
from doleance.understanding.duplicates import traits as comparing
from doleance.understanding.duplicates.score import Match
from doleance.understanding.duplicates.traits import Traits as Compared
from doleance.understanding.process.child import Meaning

LONGEST = 20_000  # signs of a file that are compared
MOST_SAID = 20  # of its messages, the first


def in_order(one: Complaint, other: Complaint) -> tuple[Complaint, Complaint]:
    """Two files, the one that was received first before the other."""
    return (one, other) if (one.received_at, one.pk) <= (other.received_at, other.pk) else (other, one)


def pair_of(one: Complaint, other: Complaint) -> Pair | None:
    """What is known of two files, in whatever order they are given."""
    first, second = in_order(one, other)
    return Pair.objects.filter(first=first, second=second).first()


def side(complaint: Complaint) -> Side:
    """What a merge asks of a file."""
    circle = {one.user_id: one.is_inside for one in complaints.circle(complaint)}
    return Side(
        id=complaint.pk,
        reference=complaint.reference,
        entity=complaint.entity_id,
        state=State(complaint.state),
        circle=circle if complaint.restricted_at is not None else None,
        is_leaving=notifications.final_leaving(complaint),
    )


def lacking(*, kept: Complaint, stub: Complaint) -> list[Grievance]:
    """The grievances of one file that the other lacks, in their order."""
    told = [_points(kept), _points(stub)]
    wanted = rules.lacking(
        kept=[_point(one) for one in told[0]],
        stub=[_point(one) for one in told[1]],
        stub_state=State(stub.state),
    )
    rows = {one.pk: one for one in told[1]}
    return [rows[pk] for pk in wanted]


def _points(complaint: Complaint) -> list[Grievance]:
    return list(complaint.grievances.order_by("number"))


def _point(one: Grievance) -> PointOf:
    return PointOf(one.pk, one.title, one.category_id, GrievanceState(one.state))


def _readable(rows: QuerySet[Pair], actor: Actor) -> QuerySet[Pair]:
    """Pairs of which this actor may read both files: a pair tells nothing of a file to who does not read it."""
    files = complaints.visible_to(actor)
    one, other = files.filter(pk=OuterRef("first")), files.filter(pk=OuterRef("second"))
    return rows.filter(Exists(one), Exists(other)).select_related(
        "first__entity",
        "first__party",
        "first__team",
        "second__entity",
        "second__party",
        "second__team",
        "answered_by",
    )


def open_pairs(actor: Actor, *, limit: int = 100) -> list[Pair]:
    """The pairs that wait for an answer, the surest first."""
    return list(_waiting(actor).order_by("-score", "id")[:limit])


def count_open(actor: Actor) -> int:
    """How many pairs wait for an answer of this actor."""
    return int(kept.ask(kept.counting([open_counted(actor)]))[0][0])


@lru_cache(maxsize=500)
def open_counted(actor: Actor) -> Statement:
    """The statement that counts them: the same at each page of somebody with the same rights."""
    return kept.count_of(_waiting(actor))


def _waiting(actor: Actor) -> QuerySet[Pair]:
    """Pairs in which one file at least is open, and none is a stub: there is something to do about them."""
    rows = Pair.objects.filter(answer=Answer.OPEN).filter(
        Q(first__state__in=sorted(OPEN)) | Q(second__state__in=sorted(OPEN)),
        first__state__in=sorted(MERGEABLE),
        second__state__in=sorted(MERGEABLE),
    )
    return _readable(rows, actor)


def answered_pairs(actor: Actor, *, limit: int = 20) -> list[Pair]:
    """What was answered lately, the latest first."""
    rows = _readable(Pair.objects.exclude(answer=Answer.OPEN), actor)
    return list(rows.order_by("-answered_at", "-id")[:limit])


def find_pair(*, pk: UUID, actor: Actor) -> Pair | None:
    """One pair of which this actor may read both files."""
    return _readable(Pair.objects.filter(pk=pk), actor).first()


def find_merge(*, pk: UUID, actor: Actor) -> Merge | None:
    """One merge of which this actor may read both files."""
    files = complaints.visible_to(actor).values("pk")
    rows = Merge.objects.filter(pk=pk, kept__in=files, stub__in=files)
    return rows.select_related("kept__entity", "stub__entity", "author").first()


def merges_of(complaint: Complaint, *, actor: Actor) -> list[Merge]:
    """The merges of a file that stand, those into it and the one of it, the oldest first."""
    rows = Merge.objects.filter(Q(kept=complaint) | Q(stub=complaint), undone_at=None)
    files = complaints.visible_to(actor).values("pk")
    rows = rows.filter(kept__in=files, stub__in=files).select_related("kept", "stub", "author")
    return list(rows.order_by("at", "id"))


def merges_of_pairs(pairs: Sequence[Pair]) -> dict[UUID, UUID]:
    """The merges that stand between the files of these pairs, by the identifier of the pair."""
    rows = Merge.objects.filter(pair__in=[one.pk for one in pairs], undone_at=None)
    return dict(rows.values_list("pair", "pk"))


def pairs_of(complaint: Complaint, *, actor: Actor) -> list[Pair]:
    """What is proposed or said of a file and others, but that they are different; the surest first."""
    rows = Pair.objects.filter(Q(first=complaint) | Q(second=complaint)).exclude(answer=Answer.DIFFERENT)
    found = _readable(rows, actor).exclude(answer=Answer.MERGED)
    return list(found.order_by("-score", "id")[:20])


@dataclass(frozen=True, slots=True)
class Preview:
    """What a merge would do, before anybody makes it. `due_at` is the earliest last day, `points` those that join."""

    kept: Complaint
    stub: Complaint
    due_at: datetime | None
    moves_due: bool
    points: tuple[Grievance, ...]
    pointed: tuple[Pointed, ...]


def preview(*, kept: Complaint, stub: Complaint) -> Preview:
    """What would become of two files. Nothing is written; raises what `rules.may_merge` does."""
    rules.may_merge(kept=side(kept), stub=side(stub))
    own, other = deadlines.next_due(kept), deadlines.next_due(stub)
    moments = [one.due.due_at for one in (own, other) if one is not None]
    due_at = min(moments, default=None)
    to = notifications.address_of(kept)
    return Preview(
        kept=kept,
        stub=stub,
        due_at=due_at,
        moves_due=own is not None and due_at is not None and due_at < own.due.due_at,
        points=tuple(lacking(kept=kept, stub=stub)),
        pointed=tuple(pointers.told([stub], to=to)),
    )


@dataclass(frozen=True, slots=True)
class Parting:
    """What separating two files would do: what was said to each since, and the grievances that go back."""

    merge: Merge
    to_stub: tuple[Exchange, ...]
    to_kept: tuple[Exchange, ...]
    points: tuple[Grievance, ...]
    state: State


def parting(merge: Merge) -> Parting:
    """Which later messages stay with which file, and what else goes where, before anybody separates them."""
    since = Exchange.objects.filter(complaint__in=[merge.stub, merge.kept], at__gt=merge.at)
    rows = list(since.select_related("message", "author").order_by("at", "id"))
    copies = Grievance.objects.filter(pk__in=[copy for _, copy in merge.points]).order_by("number")
    return Parting(
        merge=merge,
        to_stub=tuple(one for one in rows if one.complaint_id == merge.stub_id),
        to_kept=tuple(one for one in rows if one.complaint_id == merge.kept_id),
        points=tuple(copies),
        state=State(merge.state_before),
    )


def said(complaint: Complaint) -> str:
    """What a file is about and what the complainant said in it, the latest last."""
    return f"{complaint.title}\n{words_of(complaint)}"[:LONGEST]


def words_of(complaint: Complaint) -> str:
    """What the complainant said in a file, the latest last."""
    return _words([complaint])[complaint.pk]


def _words(files: Sequence[Complaint]) -> dict[UUID, str]:
    """What complainants said in these files, with one query: no more of each than is compared leaves the database."""
    said = Exchange.objects.filter(complaint=OuterRef("pk"), kind=ExchangeKind.INBOUND).order_by("at", "id")
    texts = ArraySubquery(said.values("text")[:MOST_SAID])
    whole = Func(texts, Value("\n"), function="array_to_string", output_field=TextField())
    rows = Complaint.objects.filter(pk__in=[one.pk for one in files]).order_by("pk")
    return dict(rows.values_list("pk", Left(whole, LONGEST)))


def compared(complaint: Complaint) -> Compared:
    """What a file is compared by; it comes with its party."""
    return compared_all([complaint])[0]


def compared_all(files: Sequence[Complaint]) -> list[Compared]:
    """What these files are compared by, in their order: three queries, however many. They come with their parties."""
    words, facts = _words(files), _facts(files)
    ways = complainants.addresses_of([one.party_id for one in files if one.party_id is not None])
    return [
        _compared(one, words[one.pk], facts.get(one.pk, ()), ways.get(one.party_id or one.pk, ())) for one in files
    ]


def _facts(files: Sequence[Complaint]) -> dict[UUID, list[str]]:
    """The answers that the grievances of these files hold, in their order."""
    rows = Grievance.objects.filter(complaint__in=[one.pk for one in files]).order_by("complaint_id", "number")
    found: dict[UUID, list[str]] = {}
    for pk, facts in rows.values_list("complaint_id", "facts"):
        found.setdefault(pk, []).extend(str(value) for value in facts.values())
    return found


def _compared(complaint: Complaint, words: str, facts: Sequence[str], ways: Sequence[Address]) -> Compared:
    party = complaint.party
    by_channel: dict[str, list[str]] = {}
    for way in ways:
        by_channel.setdefault(way.channel, []).append(way.normal)
    said = f"{complaint.title}\n{words}"[:LONGEST]  # what a file is about, then what was said in it
    return comparing.traits(
        pk=str(complaint.pk),
        at=complaint.received_at,
        text=f"{said}\n{' ; '.join(facts)}",
        party=str(party.pk) if party is not None else "",
        names=[party.name] if party is not None else [],
        emails=by_channel.get(AddressChannel.EMAIL, []),
        phones=by_channel.get(AddressChannel.PHONE, []),
        language=complaint.language,
    )


def candidates(
    complaint: Complaint, keys: Sequence[str], *, alike: Sequence[UUID] = (), limit: int = rules.MOST_CANDIDATES
) -> list[Complaint]:
    """The files that share a key with this one, in a window, and those `alike`, the latest first: bounded.

    A name that sounds the same counts for three months only, what is surely somebody's for a year. What a person
    answered, stubs and erased files are left out.
    """
    sure = [key for key in keys if not key.startswith("n:")]
    names = [key for key in keys if key.startswith("n:")]
    near = Q(keys__overlap=sure) & _within(complaint, rules.SURE_WINDOW)
    near |= Q(keys__overlap=names) & _within(complaint, rules.NAME_WINDOW)
    if alike:
        near |= Q(complaint__in=alike)
    known = Pair.objects.exclude(answer=Answer.OPEN)
    rows = Traits.objects.filter(near, entity_id=complaint.entity_id, complaint__state__in=sorted(MERGEABLE))
    rows = rows.exclude(complaint=complaint).exclude(
        Q(Exists(known.filter(first=complaint, second=OuterRef("complaint"))))
        | Q(Exists(known.filter(second=complaint, first=OuterRef("complaint"))))
    )
    ids = list(rows.order_by("-received_at", "complaint_id").values_list("complaint_id", flat=True)[:limit])
    files = Complaint.objects.filter(pk__in=ids).select_related("party", "entity")
    return list(files.order_by("-received_at", "id"))


def _within(complaint: Complaint, window: timedelta) -> Q:
    return Q(received_at__gte=complaint.received_at - window, received_at__lte=complaint.received_at + window)


def matches(
    complaint: Complaint, own: Compared, *, meaning: Meaning | None = None, alike: Sequence[UUID] = (), limit: int = 20
) -> list[tuple[Complaint, Match]]:
    """The files that a person should be asked about, the surest first. `alike`: others that say nearly the same."""
    found = []
    others = candidates(complaint, comparing.keys_of(own), alike=alike)
    vectors = _vectors_of(others, meaning)
    mine = portraits.unpacked(meaning.vector) if meaning is not None and meaning.vector is not None else None
    for other, told in zip(others, compared_all(others), strict=True):
        match = score.compare(own, told, portraits.nearness(mine, vectors.get(other.pk)))
        if match.is_proposed:
            found.append((other, match))
    return sorted(found, key=lambda told: (-told[1].score, told[0].pk))[:limit]


def _vectors_of(files: Sequence[Complaint], meaning: Meaning | None) -> dict[UUID, NDArray[np.float32]]:
    """What these files say, as far as the same encoder read it."""
    if meaning is None or not files:
        return {}
    rows = Traits.objects.filter(
        complaint__in=[one.pk for one in files], encoder=meaning.encoder, vector__isnull=False
    )
    return {pk: portraits.unpacked(bytes(vector or b"")) for pk, vector in rows.values_list("complaint_id", "vector")}


@dataclass(frozen=True, slots=True)
class Said:
    """What one file says, as it is compared; `turn` grows with every writing of traits, whatever the file."""

    complaint: UUID
    received_at: datetime
    encoder: str
    vector: bytes | None
    turn: int


def vectors(entity: UUID, encoder: str, *, since: datetime, limit: int) -> Iterator[Said]:
    """What the files of a company received since then say, the latest first; read page by page."""
    rows = Traits.objects.filter(entity_id=entity, received_at__gte=since, vector__isnull=False, encoder=encoder)
    return _said(rows.order_by("-received_at", "complaint_id")[:limit])


def vectors_after(entity: UUID, turn: int) -> Iterator[Said]:
    """What the files of a company say whose traits were written after that turn, by whatever encoder, or by none."""
    return _said(Traits.objects.filter(entity_id=entity, turn__gt=turn).order_by("turn"))


def _said(rows: QuerySet[Traits]) -> Iterator[Said]:
    found = rows.values_list("complaint_id", "received_at", "encoder", "vector", "turn")
    for pk, at, encoder, vector, turn in found.iterator(chunk_size=2_000):
        yield Said(pk, at, encoder, bytes(vector) if vector is not None else None, turn)


def last_turn(entity: UUID) -> int:
    """The turn of the traits of a company that were written last."""
    return Traits.objects.filter(entity_id=entity).aggregate(last=Max("turn"))["last"] or 0


def by_company(files: Sequence[UUID]) -> list[UUID]:
    """The same files, those of one company after the other: what it says is read once."""
    companies = dict(Complaint.objects.filter(pk__in=files).order_by("pk").values_list("pk", "entity_id"))
    return sorted((one for one in files if one in companies), key=lambda one: companies[one])


def has_index() -> bool:
    """Whether PostgreSQL finds the nearest vectors by an index of its own: `doleance vectors` made it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('doleance_vectors.near') IS NOT NULL")
        return bool(cursor.fetchone()[0])


def note_vector(pk: UUID, *, since: datetime) -> None:
    """Let that index know what a file says now, if it was received since then; else let it forget the file.

    Derived from its traits, and called where they are written.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT doleance_vectors.note(%s, %s)", [pk, since])


def keep_vectors(*, since: datetime) -> int:
    """Let that index forget what was received before; how many files it forgot."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT doleance_vectors.keep_since(%s)", [since])
        return int(cursor.fetchone()[0])


def nearest(complaint: Complaint, meaning: Meaning, *, since: datetime, near: float, limit: int) -> list[UUID]:
    """The files of the same company that say nearly the same, the nearest first, by that index."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT complaint_id FROM doleance_vectors.nearest(%s, %s, %s, %s, %s) WHERE cosine >= %s",
            [complaint.entity_id, meaning.encoder, meaning.vector, since, limit + 1, near],
        )
        return [pk for (pk,) in cursor.fetchall() if pk != complaint.pk][:limit]


def to_compare(
    *, limit: int, since: datetime | None = None, unread: bool = False, after: UUID | None = None
) -> list[UUID]:
    """The open files that were never compared, or changed since; with `since`, of those that changed after it.

    `unread`: those too whose words nothing has read yet. The latest first: of a flood, what just arrived is compared
    before what waits already. Without `since` they go by their identifiers, downwards, and `after` is the last one
    that was taken: whatever fails is met once.
    """
    seen = Traits.objects.filter(complaint=OuterRef("pk"), noted_at__gte=OuterRef("changed_at"))
    if unread:
        seen = seen.exclude(encoder="")
    rows = complaints.unerased(Complaint.objects.filter(state__in=sorted(OPEN))).exclude(Exists(seen))
    if since is not None:
        return list(
            rows.filter(changed_at__gte=since).order_by("-changed_at", "-id").values_list("pk", flat=True)[:limit]
        )
    if after is not None:
        rows = rows.filter(pk__lt=after)
    return list(rows.order_by("-id").values_list("pk", flat=True)[:limit])


def journal_codes() -> Mapping[str, str]:
    """Event codes of this domain on a file's chain and their French sentence."""
    return {"merge_noted": gettext_noop("Réunion notée, avec ce qu’il faut pour la défaire")}


def facts_of(pair: Pair) -> list[tuple[score.Reason, int]]:
    """Why a pair was proposed, as `score` told it."""
    told: list[Any] = pair.why
    return [(score.Reason(code), int(number)) for code, number in told]
