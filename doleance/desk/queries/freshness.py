"""What changed since a page was shown: a file by the rank of its last event, a list by what moved lately.

A change is dated by the beginning of its action and seen at its commit, which may come a little later. So a list looks
back further than its page, and compares what it finds there with what the page had found: nothing is missed, and
nothing is told twice.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Self

from django.db.models import CharField, F, OuterRef, Subquery, Value
from django.db.models.functions import Cast, Concat

from doleance.accounts.rules import Actor
from doleance.audit.models import AuditEvent
from doleance.complaints import queries as complaints
from doleance.desk.queries import lines, worklist
from doleance.desk.queries.lines import Row
from doleance.desk.queries.search import Sought
from doleance.desk.queries.worklist import Asked
from doleance.kernel import kept
from doleance.kernel.kept import SOME_MOMENT, Statement

LOOKS_BACK = timedelta(minutes=1)  # longer than any action takes
LONGEST = timedelta(hours=1)  # a page that asks after longer is told what there is, without a comparison
MOST_ROWS = 50  # changed rows told at once: a page of the list
MOST_SHOWN = 200  # rows of an open page that are asked about


@dataclass(frozen=True, slots=True)
class Seen:
    """What the page of a list knows: until when it was told, the number by which what it was told is counted from
    there (below zero once files came), and a mark of what had changed lately.
    """

    at: datetime
    base: int
    known: str

    @classmethod
    def read(cls, text: str) -> Self | None:
        """What an address says: `<moment>~<number>~<mark>`; nothing where it means nothing."""
        try:
            moment, number, known = text.split("~")
            at, base = datetime.fromisoformat(moment), int(number)
        except ValueError:
            return None
        is_usual = at.tzinfo is not None and at.year > 1 and abs(base) < 10**6
        return cls(at, base, known[:64]) if is_usual else None

    def __str__(self) -> str:
        return f"{self.at.isoformat()}~{self.base}~{self.known}"


@dataclass(frozen=True, slots=True)
class News:
    """What a list learns: how many files came into it, the rows that changed, and what it knows from now on."""

    fresh: int
    rows: Sequence[Row]
    seen: Seen


def seen_now(*, actor: Actor, asked: Asked, at: datetime, sought: Sought | None = None) -> Seen:
    """What the page that is being shown knows: one query; a second one, bounded, when files came lately."""
    known, came = _lately(actor, at)
    return Seen(at, _fresh(actor, asked, at, at, sought) if came else 0, known)


def news(*, actor: Actor, asked: Asked, seen: Seen, at: datetime) -> News | None:
    """What changed in the files that this person may read since the page was told: nothing, by one indexed query.

    The rows are those of files that changed, be they in the list still or not; the page passes over those it has not.
    How many files came is counted from when the page was shown, so that its bar only grows.
    """
    if at - seen.at <= LONGEST and _lately(actor, seen.at)[0] == seen.known:
        return None
    changed = complaints.visible_to(actor).filter(changed_at__gte=seen.at - LOOKS_BACK)
    files = worklist.told_by(changed.order_by("-changed_at", "-id"))[:MOST_ROWS]
    sought = Sought(asked.words)
    fresh = max(0, _fresh(actor, asked, seen.at, at, sought) - seen.base)
    here = seen_now(actor=actor, asked=asked, at=at, sought=sought)
    return News(fresh, lines.rows_of(list(files), actor, at), Seen(at, here.base - fresh, here.known))


def gone(*, actor: Actor, references: Sequence[str]) -> list[str]:
    """Those of these files, `MOST_SHOWN` at most, that this person may not read, or not any more; one query."""
    shown = list(dict.fromkeys(references))[:MOST_SHOWN]
    kept = complaints.visible_to(actor).filter(reference__in=shown).order_by()
    readable = set(kept.values_list("reference", flat=True))
    return [one for one in shown if one not in readable]


def _lately(actor: Actor, since: datetime) -> tuple[str, bool]:
    """One word for all that changed lately in the files this person may read: another word, another state.

    And whether any of them was registered lately.
    """
    [(files, last, versions, came)] = kept.ask(_changed_since(actor), at=since)
    told = f"{files}~{last}~{versions}"
    return hashlib.sha256(told.encode()).hexdigest()[:16], came is not None and came >= since - LOOKS_BACK


@lru_cache(maxsize=500)
def _changed_since(actor: Actor) -> Statement:
    """The statement that tells what changed since a moment: the same at each page, but for that moment."""
    rows = complaints.visible_to(actor).filter(changed_at__gte=SOME_MOMENT - LOOKS_BACK).order_by()
    lately = kept.written(rows.values("changed_at", "version", "registered_at"))
    if lately is kept.NOTHING:  # somebody who may read no file
        return Statement("SELECT 0, NULL, NULL, NULL")
    told = "SELECT count(*), max(changed_at), sum(version), max(registered_at)"
    return Statement(f"{told} FROM ({lately.text}) AS lately", lately.given)


def _fresh(actor: Actor, asked: Asked, since: datetime, at: datetime, sought: Sought | None) -> int:
    """How many files of the list were registered lately, a thousand and one at most."""
    return worklist.count_registered(actor=actor, asked=asked, since=since - LOOKS_BACK, at=at, sought=sought)


def rank_of(*, reference: str, actor: Actor) -> int | None:
    """The rank of a file's last event; nothing for a file that this person may not read. One indexed query."""
    stream = Concat(Value("complaint:"), Cast(OuterRef("pk"), CharField()), output_field=CharField())
    events = AuditEvent.objects.filter(stream=stream).order_by("-seq").values("seq")[:1]
    found = complaints.visible_to(actor).filter(reference=reference).annotate(rank=Subquery(events))
    rank = found.order_by().values_list(F("rank"), flat=True).first()
    return int(rank) if rank is not None else None
