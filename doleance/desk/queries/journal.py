"""The journal of a file in French sentences: one line an event, for the timeline and for who audits."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext

from doleance.accounts.models import Team, User
from doleance.audit import queries as audit
from doleance.audit import texts
from doleance.audit.models import AuditEvent
from doleance.complainants.models import Party
from doleance.complaints import queries as complaints
from doleance.complaints.models import Complaint, Grievance
from doleance.complaints.rules import Outcome, State
from doleance.deadlines import queries as deadlines
from doleance.drafting import queries as drafting
from doleance.intake import queries as intake
from doleance.keys import queries as keys
from doleance.matching import queries as matching
from doleance.notifications import queries as notifications
from doleance.understanding import queries as understanding

# What the conversation already shows under its own form.
SHOWN_ELSEWHERE = frozenset(
    {
        "complaint_opened",
        "message_added",
        "automatic_reply_added",
        "message_sent",
        "note_added",
        "notice_queued",
        "notice_sending",
        "notice_sent",
        "notice_failed",
        "notice_blocked",
        "notice_uncertain",
        "notice_retained",
        "notice_shown",
    }
)


# What is done with a written reason, which stands in the sealed texts of its event.
REASONED = frozenset(
    {"state_moved", "grievance_dropped", "regimes_chosen", "circle_closed", "circle_changed", "circle_opened"}
)


@dataclass(frozen=True, slots=True)
class Line:
    """One event, said, with the reason that was written. `seal` is the beginning of its hash, in hexadecimal."""

    seq: int
    at: datetime
    by: str
    is_person: bool
    words: str
    reason: str
    code: str
    seal: str


def lines(complaint: Complaint, grievances: Sequence[Grievance]) -> list[Line]:
    """Every event of a file in order, with the names of those who acted and their reasons; seven queries at most."""
    events = list(audit.history(complaint.journal_stream).only("stream", "seq", "facts", "hash"))
    reasons = _reasons(complaint, [event.seq for event in events if event.code in REASONED])
    names = _names(event.facts for event in events)
    hands = _hands(events)
    numbers = {str(one.id): one.number for one in grievances}
    codes = _codes()
    return [
        Line(
            seq=event.seq,
            at=event.at,
            by=_who(event.by, complaint, names),
            is_person=not event.by.startswith(("machine:", "key:")),
            words=hands.get(event.seq) or _words(event.facts, codes, names, numbers),
            reason=reasons.get(event.seq, ""),
            code=event.code,
            seal=bytes(event.hash).hex()[:12],
        )
        for event in events
    ]


def _reasons(complaint: Complaint, ranks: Collection[int]) -> dict[int, str]:
    """The reasons people wrote, by rank; those that were erased are no longer there."""
    if not ranks:
        return {}
    events = list(audit.history(complaint.journal_stream).filter(seq__in=ranks))
    contents = texts.Reader(set()).page(events)
    return {event.seq: content.texts.get("reason", "") for event, content in zip(events, contents, strict=True)}


def _codes() -> Mapping[str, str]:
    domains = (complaints, deadlines, notifications, understanding, matching, drafting, intake)
    return {code: words for domain in domains for code, words in domain.journal_codes().items()}


def _names(all_facts: Any) -> Mapping[str, str]:
    """The names of the people and teams that events point to, by identifier."""
    people: set[str] = set()
    teams: set[str] = set()
    for facts in all_facts:
        people.add(str(facts["by"]).removeprefix("user:"))
        for columns in facts.get("rows", {}).values():
            people.add(str((columns or {}).get("owner_id") or ""))
            teams.add(str((columns or {}).get("team_id") or ""))
    found = {str(pk): name for pk, name in _named(User, people)}
    programs = {UUID(one.removeprefix("key:")) for one in people if one.startswith("key:")}
    if programs:
        found |= {f"key:{pk}": name for pk, name in keys.names(programs).items()}
    return found | {str(pk): name for pk, name in _named(Team, teams)}


def _named(kind: type[User] | type[Team], ids: Collection[str]) -> list[tuple[UUID, str]]:
    wanted = [one for one in ids if len(one) == 36]
    return list(kind.objects.filter(pk__in=wanted).order_by("pk").values_list("pk", "name"))


def _hands(events: Sequence[AuditEvent]) -> dict[int, str]:
    """From whom to whom the file went, by the rank of the event. The names are read where an erasure reaches them."""
    steps: list[tuple[int, str, str]] = []
    held = ""
    for event in events:
        for key, columns in event.facts.get("rows", {}).items():
            if key.startswith("complaint:") and columns and "party_id" in columns:
                now_held = str(columns["party_id"] or "")
                if event.code == "party_set":
                    steps.append((event.seq, held, now_held))
                held = now_held
    if not steps:
        return {}
    wanted = {pk for _, old, new in steps for pk in (old, new) if pk}
    names = {str(pk): name for pk, name in Party.objects.filter(pk__in=wanted).values_list("pk", "name")}
    nobody = gettext("personne")
    told = [(seq, names.get(old) or nobody, names.get(new) or nobody) for seq, old, new in steps]
    return {seq: gettext("Réclamant : de %(old)s à %(new)s") % {"old": old, "new": new} for seq, old, new in told}


def _who(by: str, complaint: Complaint, names: Mapping[str, str]) -> str:
    kind, _, identifier = by.partition(":")
    if kind == "user":
        return names.get(identifier, gettext("une personne effacée"))
    if kind == "key":
        return names.get(by, gettext("un autre programme"))
    if kind == "complainant" and complaint.party is not None:
        return complaint.party.name
    return "Doléance"


def _words(
    facts: Mapping[str, Any], codes: Mapping[str, str], names: Mapping[str, str], numbers: Mapping[str, int]
) -> str:
    code = str(facts["code"])
    rows: Mapping[str, Mapping[str, Any] | None] = facts.get("rows", {})
    number = next((numbers.get(key.partition(":")[2]) for key in rows if key.startswith("grievance:")), None)
    match code:
        case "state_moved":
            told = {"origin": gettext(State(facts["from"]).label), "target": gettext(State(facts["to"]).label)}
            return gettext("État : de « %(origin)s » à « %(target)s »") % told
        case "owner_set":
            return _owner_words(rows, names)
        case "grievance_decided" if number is not None:
            told = {"number": str(number), "outcome": gettext(Outcome(facts["outcome"]).label)}
            return gettext("Grief %(number)s décidé : %(outcome)s") % told
        case "grievance_added" | "grievance_changed" | "grievance_dropped" if number is not None:
            return f"{gettext(codes[code])} ({number})"
        case "regimes_chosen":
            told = {"old": ", ".join(facts["from"]) or gettext("aucune"), "new": ", ".join(facts["to"])}
            return gettext("Règles du dossier : %(old)s → %(new)s") % told
    return gettext(codes[code]) if code in codes else code


def _owner_words(rows: Mapping[str, Mapping[str, Any] | None], names: Mapping[str, str]) -> str:
    columns = next((row for key, row in rows.items() if key.startswith("complaint:") and row), {})
    owner = names.get(str(columns.get("owner_id")))
    said = gettext("Responsable : %(name)s") % {"name": owner} if owner else gettext("Sans responsable")
    team = names.get(str(columns.get("team_id")))
    return gettext("%(said)s, équipe %(team)s") % {"said": said, "team": team} if team else said
