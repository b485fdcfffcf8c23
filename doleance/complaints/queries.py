"""What is asked about complaints. Every read for a person starts from `visible_to`."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from doleance.accounts.models import User
from doleance.accounts.rules import Actor, Permission, may
from doleance.channels.models import Message
from doleance.complainants.rules import AddressChannel, normal_email
from doleance.complaints.models import Category, Complaint, Exchange, Grievance
from doleance.complaints.rules import OVER, ExchangeKind, FileFacts, GrievanceState
from doleance.kernel.kinds import gettext_noop


def visible_to(actor: Actor) -> QuerySet[Complaint]:
    """The files this actor may read: all of them, their teams' and their own, or none (domain.md, Rights)."""
    if may(actor, Permission.READ_ALL_FILES):
        return Complaint.objects.all()
    if may(actor, Permission.READ_TEAM_FILES):
        return Complaint.objects.filter(Q(team__in=actor.teams) | Q(owner=actor.user_id))
    return Complaint.objects.none()


def find(*, reference: str, actor: Actor) -> Complaint | None:
    """The file of that reference, when it exists and this actor may read it."""
    return (
        visible_to(actor)
        .select_related("entity", "team", "owner", "party")
        .filter(reference=reference.strip().upper())
        .first()
    )


def facts(complaint: Complaint) -> FileFacts:
    """What guards and the closing checklist need to know of a file. The outbox adds what still waits to leave."""
    rows = list(Grievance.objects.filter(complaint=complaint).order_by("number").values_list("state", "cause"))
    states = [GrievanceState(state) for state, _ in rows]
    decided = [cause for state, cause in rows if state == GrievanceState.DECIDED]
    return FileFacts(
        states=states,
        told=complaint.answered_at is not None,
        causes_missing=sum(1 for cause in decided if not cause.strip()),
        lesson_known=complaint.lesson is not None,
    )


def grievances(complaint: Complaint) -> list[Grievance]:
    """The grievances of a file in their order, with team, owner and category."""
    return list(complaint.grievances.select_related("category", "team", "owner").order_by("number"))


def exchanges(complaint: Complaint) -> list[Exchange]:
    """The conversation, oldest first, with its messages and authors."""
    return list(complaint.exchanges.select_related("message", "author").order_by("at", "id"))


def last_inbound(complaint: Complaint) -> Exchange | None:
    """The last thing the complainant wrote."""
    return (
        complaint.exchanges.select_related("message").filter(kind=ExchangeKind.INBOUND).order_by("-at", "-id").first()
    )


def unfinished_files_of(owner: User) -> list[Complaint]:
    """The files somebody still answers for, the answered ones too, in order of receipt, for their hand-over."""
    return list(Complaint.objects.filter(owner=owner).exclude(state__in=sorted(OVER)).order_by("received_at", "id"))


def files_of_address(*, address: str, actor: Actor, limit: int = 5) -> list[Complaint]:
    """The latest files of whoever writes from this mail address, among those the actor may read."""
    own = {"party__addresses__channel": AddressChannel.EMAIL, "party__addresses__normal": normal_email(address)}
    found = visible_to(actor).select_related("party").filter(**own) if address else Complaint.objects.none()
    return list(found.order_by("-received_at", "-id")[:limit])


def categories() -> list[Category]:
    """The living taxonomy, branches before their leaves, in order."""
    return list(Category.objects.filter(is_active=True).select_related("parent").order_by("position", "code"))


def by_id(pk: Any) -> Complaint | None:
    """One file for a machine, whatever the rights: jobs only."""
    return Complaint.objects.select_related("entity", "team", "owner", "party").filter(pk=pk).first()


def by_reference(reference: str) -> Complaint | None:
    """The file of a reference for a machine, whatever the rights: intake only."""
    return Complaint.objects.select_related("entity", "team", "owner", "party").filter(reference=reference).first()


def by_message(message: Message) -> Complaint | None:
    """The file that a message opened or joined, for a machine."""
    return (
        Complaint.objects.select_related("entity", "team", "owner", "party").filter(exchanges__message=message).first()
    )


def heard_from_people(complaint: Complaint, *, since: datetime) -> list[datetime]:
    """When the complainant wrote in this file, from a moment on; the earliest first."""
    return _heard(complaint, ExchangeKind.INBOUND, since)


def heard_from_machines(complaint: Complaint, *, since: datetime) -> list[datetime]:
    """When machines answered mails of ours in this file, from a moment on; the earliest first."""
    return _heard(complaint, ExchangeKind.AUTOMATIC, since)


def _heard(complaint: Complaint, kind: ExchangeKind, since: datetime) -> list[datetime]:
    rows = Exchange.objects.filter(complaint=complaint, kind=kind, at__gte=since).order_by("at", "id")
    return list(rows.values_list("at", flat=True))


def journal_codes() -> Mapping[str, str]:
    """Event codes of this domain and their French sentence, for the timeline and the journal page."""
    return {
        "complaint_opened": gettext_noop("Dossier ouvert"),
        "message_added": gettext_noop("Message reçu"),
        "message_sent": gettext_noop("Message envoyé"),
        "automatic_reply_added": gettext_noop("Réponse automatique reçue"),
        "note_added": gettext_noop("Note interne"),
        "state_moved": gettext_noop("État changé"),
        "owner_set": gettext_noop("Responsable désigné"),
        "answered_again": gettext_noop("Réponse finale donnée à nouveau\u00a0: la première était revenue"),
        "title_set": gettext_noop("Titre changé"),
        "lesson_set": gettext_noop("Leçon notée"),
        "grievance_added": gettext_noop("Grief ajouté"),
        "grievance_changed": gettext_noop("Grief corrigé"),
        "grievance_decided": gettext_noop("Grief décidé"),
        "grievance_dropped": gettext_noop("Grief écarté"),
    }
