"""What is asked about texts of a language model: whether it may be asked, what it is told, what waits to be read."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Count

from doleance.accounts.models import Entity, User
from doleance.accounts.rules import Actor, Permission, may
from doleance.audit import queries as audit
from doleance.audit import seal
from doleance.complaints import queries as complaints
from doleance.complaints.models import Complaint, Exchange
from doleance.complaints.rules import LIVE, ExchangeKind
from doleance.drafting import rules
from doleance.drafting.endpoint import Endpoint
from doleance.drafting.masks import Masks
from doleance.drafting.models import DraftingChoice, Suggestion
from doleance.drafting.rules import Said, SuggestionState, Task
from doleance.kernel.kinds import gettext_noop
from doleance.understanding.rules import BodyType, Sender
from doleance.understanding.text.clean import clean
from doleance.understanding.text.facts.people import people

FRESH = timedelta(hours=12)  # for how long a page says that a text was not got
_SPOKEN = frozenset({ExchangeKind.INBOUND, ExchangeKind.OUTBOUND})


@dataclass(frozen=True, slots=True)
class Shown:
    """What a file's page shows of the last text that was asked for; `text` is empty while there is none to read."""

    row: Suggestion
    text: str

    @property
    def is_waiting(self) -> bool:
        """Whether the model still writes."""
        return self.row.state == SuggestionState.WANTED

    @property
    def is_summary(self) -> bool:
        """A summary is read and set aside; a draft is taken into a reply too."""
        return self.row.task == Task.SUMMARY


@dataclass(frozen=True, slots=True)
class Drafting:
    """What a file's page says of the model: whether one may ask it, and what it wrote last, or why it did not."""

    may_ask: bool
    shown: Shown | None


def of_file(complaint: Complaint, *, actor: Actor, at: datetime) -> Drafting | None:
    """Nothing where no model may be asked about this file by this reader: the page is then as it ever was."""
    if not may(actor, Permission.SEND) or not may_leave(complaint):
        return None
    last = shown(complaint, at=at)
    return Drafting(may_ask=last is None or bool(last.row.failure), shown=last)


def endpoint() -> Endpoint | None:
    """The model of the installation; None when it names none."""
    if not settings.DOLEANCE_DRAFTS_URL:
        return None
    url = rules.endpoint(settings.DOLEANCE_DRAFTS_URL)
    return Endpoint(url, settings.DOLEANCE_DRAFTS_MODEL, settings.DOLEANCE_DRAFTS_KEY)


def is_on(entity: Entity) -> bool:
    """Whether this entity lets the model be asked. No query where there is no model."""
    return bool(settings.DOLEANCE_DRAFTS_URL) and DraftingChoice.objects.filter(entity=entity, is_on=True).exists()


def may_leave(complaint: Complaint) -> bool:
    """Whether the words of a file may be told to the model: never those of a closed circle, nor of who was erased."""
    if complaint.restricted_at is not None or not is_on(complaint.entity):
        return False
    return not audit.is_erased(complaint.party_id or complaint.pk)


def conversation(complaint: Complaint) -> list[Exchange]:
    """What the complainant and the house wrote to each other: no note, no automatic answer.

    Of files merged into this one, those of the same person: another's words lie under another key.
    """
    spoken = [one for one in complaints.exchanges(complaint) if one.kind in _SPOKEN and one.text.strip()]
    return [one for one in spoken if one.complaint.party_id == complaint.party_id]


def waiting(complaint: Complaint) -> Suggestion | None:
    """The text that is on its way or to be read."""
    return Suggestion.objects.filter(complaint=complaint).exclude(state__in=sorted(rules.ENDED)).first()


def by_id(pk: UUID) -> Suggestion | None:
    """One text with its file, or nothing."""
    rows = Suggestion.objects.select_related("complaint__entity", "complaint__party", "complaint__representative")
    return rows.filter(pk=pk).first()


def shown(complaint: Complaint, *, at: datetime) -> Shown | None:
    """The text of a file that waits, is to be read, or was not got lately."""
    row = (
        Suggestion.objects.filter(complaint=complaint).select_related("asked_by").order_by("-asked_at", "-id").first()
    )
    if row is None or row.state in {SuggestionState.TAKEN, SuggestionState.DROPPED}:
        return None
    if row.state == SuggestionState.FAILED and row.asked_at < at - FRESH:
        return None
    return Shown(row, text_of(row))


def text_of(row: Suggestion) -> str:
    """What the model wrote; nothing when it wrote nothing, or its person was erased."""
    return str(_opened(row).get("text", ""))


def sent_for(row: Suggestion) -> Mapping[str, Any]:
    """What left for it, masked, as the auditor may read it; empty when nothing left or its person was erased."""
    asked: Mapping[str, Any] = _opened(row).get("asked", {})
    return asked


def _opened(row: Suggestion) -> Mapping[str, Any]:
    if row.sealed is None:
        return {}
    try:
        found: Mapping[str, Any] = json.loads(seal.open_sealed(row.pk, bytes(row.sealed)))
    except seal.SealError:
        return {}
    return found


def request_for(row: Suggestion, model: str) -> tuple[Mapping[str, Any], Masks]:
    """What the model is told for a text, and what its marks stand for."""
    complaint = row.complaint
    spoken = _newest(conversation(complaint))
    cleaned = [clean(one.text, BodyType.TEXT).text if one.kind == ExchangeKind.INBOUND else one.text for one in spoken]
    masks = Masks(names=_names(complaint, spoken))
    griefs = complaint.grievances.filter(state__in=sorted(LIVE)).order_by("number").values_list("title", flat=True)
    said = [
        Said(one.kind == ExchangeKind.INBOUND, masks.hide(text)) for one, text in zip(spoken, cleaned, strict=True)
    ]
    body = rules.request(
        Task(row.task),
        said=said,
        grievances=[masks.hide(title) for title in griefs],
        language=complaint.language,
        model=model,
    )
    return body, masks


def _newest(spoken: Sequence[Exchange]) -> list[Exchange]:
    """The last messages, somewhat more than is sent: masking a year of long mails would take minutes."""
    kept: list[Exchange] = []
    left = 2 * rules.LONGEST_ASKED
    for one in reversed(spoken):
        if left <= 0:
            break
        one.text = one.text[:left]
        kept.append(one)
        left -= len(one.text)
    return kept[::-1]


def _names(complaint: Complaint, spoken: Sequence[Exchange]) -> list[str]:
    """The people that the file knows: its complainant, who speaks for them, who wrote, who signed, and colleagues."""
    parties = (complaint.party, complaint.representative)
    found = [party.name for party in parties if party is not None]
    for one in spoken:
        sender = one.message.from_name if one.message is not None and one.kind == ExchangeKind.INBOUND else ""
        found += people(clean(one.text, BodyType.TEXT), Sender(name=sender)).names
    found += User.objects.values_list("name", flat=True)
    return [name for name in dict.fromkeys(found) if name.strip()]


def lost(*, before: datetime, most: int) -> list[Suggestion]:
    """Texts that were asked for long ago and of which nothing came: their job died."""
    rows = Suggestion.objects.filter(state=SuggestionState.WANTED, asked_at__lt=before).select_related("complaint")
    return list(rows.order_by("asked_at")[:most])


def tally(entity: Entity) -> dict[SuggestionState, int]:
    """How many texts of an entity ended how."""
    rows = Suggestion.objects.filter(complaint__entity=entity).values_list("state").annotate(Count("id")).order_by()
    counted = {SuggestionState(state): number for state, number in rows}
    return {state: counted.get(state, 0) for state in SuggestionState}


def journal_codes() -> Mapping[str, str]:
    """Event codes of this domain and their French sentence, for the timeline and the journal page."""
    return {
        "suggestion_asked": gettext_noop("Texte demandé au modèle de langue"),
        "suggestion_made": gettext_noop("Texte reçu du modèle de langue"),
        "suggestion_failed": gettext_noop("Texte non obtenu du modèle de langue"),
        "suggestion_taken": gettext_noop("Texte du modèle de langue repris dans une réponse"),
        "suggestion_dropped": gettext_noop("Texte du modèle de langue écarté"),
    }
