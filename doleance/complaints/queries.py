"""What is asked about complaints. Every read for a person starts from `visible_to`."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, Exists, F, Func, OuterRef, Q, QuerySet
from django.db.models.functions import Lower

from doleance.accounts import queries as accounts
from doleance.accounts.models import User
from doleance.accounts.rules import Actor, Permission, Role, may
from doleance.audit import queries as audit
from doleance.channels.models import Mailbox, Message
from doleance.complainants.models import Address
from doleance.complainants.rules import AddressChannel, PartyStatus, normal_email
from doleance.complaints import access
from doleance.complaints.access import Asked, Mailed, Use
from doleance.complaints.circles import Person
from doleance.complaints.following import FACT
from doleance.complaints.models import (
    Category,
    CirclePerson,
    Complaint,
    Correction,
    Exchange,
    FollowCode,
    FollowLink,
    Grievance,
    TrackingKey,
)
from doleance.complaints.rules import OVER, ExchangeKind, FileFacts, GrievanceState, LinkUse, Outcome
from doleance.kernel.kinds import gettext_noop

_JOURNAL: Mapping[str, str] = {
    "complaint_opened": gettext_noop("Dossier ouvert"),
    "message_added": gettext_noop("Message reçu"),
    "message_sent": gettext_noop("Message envoyé"),
    "automatic_reply_added": gettext_noop("Réponse automatique reçue"),
    "note_added": gettext_noop("Note interne"),
    "state_moved": gettext_noop("État changé"),
    "owner_set": gettext_noop("Responsable désigné"),
    "answered_again": gettext_noop("Réponse finale donnée à nouveau\u00a0: la première était revenue"),
    "title_set": gettext_noop("Titre changé"),
    "mandate_seen": gettext_noop("Mandat vu"),
    "lesson_set": gettext_noop("Leçon notée"),
    "regimes_chosen": gettext_noop("Règles du dossier changées"),
    "grievance_added": gettext_noop("Grief ajouté"),
    "grievance_read": gettext_noop("Grief lu dans un message"),
    "grievance_accepted": gettext_noop("Grief accepté"),
    "safety_said": gettext_noop("Danger signalé ou levé"),
    "language_said": gettext_noop("Langue du dossier changée"),
    "grievance_changed": gettext_noop("Grief corrigé"),
    "facts_noted": gettext_noop("Précisions notées"),
    "grievance_decided": gettext_noop("Grief décidé"),
    "grievance_dropped": gettext_noop("Grief écarté"),
    "point_corrected": gettext_noop("Point corrigé par le réclamant"),
    "point_confirmed": gettext_noop("Point confirmé par le réclamant"),
    "key_given": gettext_noop("Clé de suivi donnée"),
    "link_given": gettext_noop("Lien de suivi donné"),
    "circle_closed": gettext_noop("Dossier réservé à un cercle restreint"),
    "circle_changed": gettext_noop("Cercle restreint changé"),
    "circle_widened": gettext_noop(
        "Cercle restreint complété\u00a0: plus personne n’y pouvait traiter le dossier ou en répondre"
    ),
    "circle_narrowed": gettext_noop(
        "Cercle restreint réduit\u00a0: quelqu’un y était devenu responsable d’une personne en cause"
    ),
    "circle_opened": gettext_noop("Cercle restreint levé"),
    "access_revoked": gettext_noop("Accès au suivi fermés"),
    "visit_begun": gettext_noop("Visite du suivi commencée"),
    "merged": gettext_noop("Dossiers réunis"),
    "separated": gettext_noop("Dossiers séparés à nouveau"),
    "heard_elsewhere": gettext_noop("Message reçu dans un dossier réuni à celui-ci"),
    "linked": gettext_noop("Lié à un autre dossier, sans le réunir"),
    "told_apart": gettext_noop("Affaire différente d’un autre dossier"),
    "answer_taken_back": gettext_noop("Le rapprochement avec un autre dossier est à revoir"),
}


def visible_to(actor: Actor) -> QuerySet[Complaint]:
    """The files this actor may read: all of them, their teams' and their own, or none (domain.md, Rights).

    A restricted file is read by its circle, whoever else reads all files; by who reads no file, never. Whoever follows
    a file reads that one. The key of a program reads those of its entity, or of its teams there.
    """
    if actor.complaint_id is not None:
        return Complaint.objects.filter(pk=actor.complaint_id)
    if actor.is_machine:
        return Complaint.objects.all()
    if actor.entity_id is not None:
        return within(actor) if may(actor, Permission.READ_TEAM_FILES) else Complaint.objects.none()
    is_open = Q(restricted_at=None)
    if may(actor, Permission.READ_ALL_FILES):
        return Complaint.objects.filter(is_open | _inside(actor))
    if may(actor, Permission.READ_TEAM_FILES):
        return Complaint.objects.filter(
            Q(is_open, team__in=actor.teams) | Q(is_open, owner=actor.user_id) | _inside(actor)
        )
    return Complaint.objects.none()


def _inside(actor: Actor) -> Q:
    """The files whose circle this person is in. Read once a statement, and entered by index as the others are."""
    mine = CirclePerson.objects.filter(user=actor.user_id, is_inside=True).order_by().values("complaint")
    told = {"arg_joiner": " = ANY(", "template": "%(expressions)s)", "output_field": BooleanField()}
    return Q(Func(F("pk"), ArraySubquery(mine), **told))


def closed_to(actor: Actor) -> QuerySet[Complaint]:
    """The restricted files that do not exist for this actor: to leave out what merely points to them."""
    shut = Complaint.objects.exclude(restricted_at=None)
    if actor.is_machine:
        return shut.none()
    reads = may(actor, Permission.READ_ALL_FILES) or may(actor, Permission.READ_TEAM_FILES)
    return shut.exclude(_inside(actor)) if reads else shut


def open_by_circle(actor: Actor) -> QuerySet[Complaint]:
    """The restricted files whose circle this person is in, as long as they may read files at all."""
    return visible_to(actor).exclude(restricted_at=None)


def within(actor: Actor) -> QuerySet[Complaint]:
    """The files that a program's key is for, whatever it may do with them: of its entity, or of its teams there.

    No program is in a circle.
    """
    if actor.entity_id is None:
        return Complaint.objects.none()
    files = Complaint.objects.filter(entity=actor.entity_id, restricted_at=None)
    return files.filter(team__in=actor.teams) if actor.teams else files


def circle(complaint: Complaint) -> list[CirclePerson]:
    """Whom the circle of a file names, those inside first, by name."""
    rows = CirclePerson.objects.filter(complaint=complaint).select_related("user")
    return list(rows.order_by("-is_inside", "user__name", "user_id"))


def able(complaint: Complaint) -> list[User]:
    """Who may be given a file: those who handle files and are there, of its team; of its circle when it has one."""
    if complaint.restricted_at is None:
        return accounts.colleagues(complaint.team)
    inside = CirclePerson.objects.filter(complaint=complaint, is_inside=True).values("user")
    people = User.objects.filter(pk__in=inside, is_active=True, is_away=False, roles__overlap=accounts.HANDLERS)
    return list(people.order_by("name", "id"))


def house_people() -> list[Person]:
    """Everybody, who left too, as the rules of circles know them; two queries."""
    return [
        Person(
            id=one.pk,
            name=one.name,
            roles=frozenset(Role(role) for role in one.roles),
            teams=frozenset(team.pk for team in one.teams.all()),
            is_here=one.is_active and not one.is_away,
            is_active=one.is_active,
        )
        for one in accounts.users()
    ]


def restricted_by(user: User) -> list[Complaint]:
    """The restricted files that a change of somebody's roles, teams or presence may touch, in order of receipt.

    Those whose circle they are in or that they answer for, as long as they are not over; and those which are about
    somebody, over or not: who becomes their lead must not read them.
    """
    theirs = Exists(CirclePerson.objects.filter(complaint=OuterRef("pk"), user=user, is_inside=True))
    about = Exists(CirclePerson.objects.filter(complaint=OuterRef("pk"), is_inside=False))
    live = ~Q(state__in=sorted(OVER))
    files = Complaint.objects.exclude(restricted_at=None).filter((live & (theirs | Q(owner=user))) | about)
    return list(files.select_related("team").order_by("received_at", "id"))


def find(*, reference: str, actor: Actor) -> Complaint | None:
    """The file of that reference, when it exists and this actor may read it."""
    return (
        visible_to(actor)
        .select_related("entity", "team", "owner", "party", "representative", "reviewed_by")
        .filter(reference=reference.strip().upper())
        .first()
    )


def facts(complaint: Complaint) -> FileFacts:
    """What guards and the closing checklist need to know of a file. The outbox adds what still waits to leave."""
    told = Grievance.objects.filter(complaint=complaint).order_by("number")
    rows = list(told.values_list("state", "outcome", "cause"))
    states = [GrievanceState(state) for state, _, _ in rows]
    decided = [(outcome, cause) for state, outcome, cause in rows if state == GrievanceState.DECIDED]
    return FileFacts(
        states=states,
        findings=frozenset(Outcome(outcome) for outcome, _ in decided),
        told=complaint.answered_at is not None,
        causes_missing=sum(1 for _, cause in decided if not cause.strip()),
        lesson_known=complaint.lesson is not None,
        is_stub=complaint.merged_into_id is not None,
    )


def grievances(complaint: Complaint) -> list[Grievance]:
    """The grievances of a file in their order, with team, owner and category."""
    return list(complaint.grievances.select_related("category", "team", "owner").order_by("number"))


def exchanges(complaint: Complaint) -> list[Exchange]:
    """The conversation, oldest first, with its messages and authors; that of the files merged into this one too."""
    rows = Exchange.objects.filter(complaint__in=family(complaint)).select_related("message", "author", "complaint")
    return list(rows.order_by("at", "id"))


def family(complaint: Complaint) -> list[UUID]:
    """A file and those merged into it, be it by way of one another; this one first."""
    found = [complaint.pk]
    ahead = found
    while ahead:
        rows = Complaint.objects.filter(merged_into__in=ahead).order_by("received_at", "id")
        ahead = list(rows.values_list("pk", flat=True))
        found = [*found, *ahead]
    return found


def merged_files(complaint: Complaint) -> list[Complaint]:
    """The files merged into this one, be it by way of one another."""
    rows = Complaint.objects.filter(pk__in=family(complaint)[1:]).select_related("entity", "team", "party")
    return list(rows.order_by("received_at", "id"))


def merged_at(complaint: Complaint) -> datetime | None:
    """When a file was merged into another one, the last time, as its journal tells; None when it never was."""
    return audit.last_told(f"complaint:{complaint.pk}", "merged")


def kept_of(complaint: Complaint) -> Complaint:
    """The file in which the matter of this one goes on: itself, unless it is merged. No cycle can be made."""
    current = complaint
    while current.merged_into_id is not None:
        current = Complaint.objects.select_related("entity", "team", "owner", "party").get(pk=current.merged_into_id)
    return current


def last_inbound(complaint: Complaint) -> Exchange | None:
    """The last thing the complainant wrote."""
    return (
        complaint.exchanges.select_related("message").filter(kind=ExchangeKind.INBOUND).order_by("-at", "-id").first()
    )


def unfinished_files_of(owner: User) -> list[Complaint]:
    """The files somebody still answers for, the answered ones too, in order of receipt, for their hand-over.

    Without the restricted ones, which stay within their circle (`restricted_by`): who hands over is outside of it.
    """
    return list(
        Complaint.objects.filter(owner=owner, restricted_at=None)
        .exclude(state__in=sorted(OVER))
        .order_by("received_at", "id")
    )


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


def of_message(message: Message) -> Complaint | None:
    """The file whose conversation holds a message, whatever the rights: intake only."""
    return (
        Complaint.objects.select_related("entity", "team", "owner", "party").filter(exchanges__message=message).first()
    )


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


def find_by_key(*, reference: str, key: str) -> Complaint | None:
    """The file that has this reference and this key, as somebody typed them."""
    secret = access.read_key(key)
    rows = TrackingKey.objects.select_related("complaint__entity", "complaint__team", "complaint__party")
    found = rows.filter(digest=access.digest(Use.KEY, secret), revoked_at__isnull=True).first()
    is_theirs = found is not None and found.complaint.reference == access.read_reference(reference)
    return _not_erased(found.complaint) if found is not None and secret and is_theirs else None


def find_by_link(*, token: str, at: datetime, purposes: Collection[Use] = (Use.MAIL, Use.RECEIPT)) -> Complaint | None:
    """The file that a link opens now: one that is neither forged, nor expired, nor revoked, made for these uses."""
    if not access.is_secret(token):
        return None
    rows = FollowLink.objects.select_related("complaint__entity", "complaint__team", "complaint__party")
    wanted = [access.digest(use, token) for use in purposes]
    found = rows.filter(digest__in=wanted, revoked_at__isnull=True, expires_at__gt=at).first()
    return followed(found.complaint, is_proved=found.purpose == LinkUse.MAIL) if found is not None else None


def followed(complaint: Complaint, *, is_proved: bool) -> Complaint | None:
    """The file that a visitor is shown, while there is something to read in it: the one that a merged file goes on in,
    when both are of the same people.

    Only to who showed that they read the mailbox of the file (`is_proved`). A key and the address of a receipt were
    shown to whoever typed the file, under whatever name: merging it shows them nothing of the other one.
    """
    kept = kept_of(complaint)
    is_theirs = complaint.party_id is not None and _people(kept) == _people(complaint)
    return _not_erased(kept if is_theirs and is_proved else complaint)


def _people(complaint: Complaint) -> tuple[UUID | None, UUID | None]:
    return complaint.party_id, complaint.representative_id


def followed_file(pk: UUID) -> Complaint | None:
    """The file of a visit, while there is something to read in it."""
    found = by_id(pk)
    return _not_erased(found) if found is not None else None


def unerased(rows: QuerySet[Complaint]) -> QuerySet[Complaint]:
    """Those of these files whose words were not erased: nothing is derived of the others again."""
    gone = audit.erased_subjects()
    return rows.exclude(party__in=gone).exclude(party=None, pk__in=gone)


def _not_erased(complaint: Complaint) -> Complaint | None:
    """Nothing of an erased file is shown again, whoever holds a key: its words are gone."""
    return None if audit.is_erased(complaint.party_id or complaint.pk) else complaint


def followed_by(*, reference: str, normal: str) -> UUID | None:
    """The file of a reference whose complainant, or representative, has this mail address; one statement always.

    An address of the house (its people's, its mailboxes') follows nothing.
    """
    theirs = Address.objects.filter(
        Q(party=OuterRef("party")) | Q(party=OuterRef("representative")),
        channel=AddressChannel.EMAIL,
        normal=normal,
    )
    ours = Q(Exists(User.objects.filter(email__iexact=normal))) | Q(
        Exists(Mailbox.objects.annotate(lower=Lower("address")).filter(lower=normal))
    )
    rows = Complaint.objects.filter(Exists(theirs), ~ours, reference=reference)
    return rows.order_by().values_list("pk", flat=True).first()


def codes_asked(mark: str, *, origin: str, at: datetime) -> Asked:
    """When codes were asked in the last day for a pair, and from a network (none is counted for an unknown one)."""
    rows = FollowCode.objects.filter(
        Q(asked=mark) | Q(origin=origin, origin__gt=""), made_at__gt=at - timedelta(days=1)
    )
    found = list(rows.order_by("made_at").values_list("asked", "origin", "made_at"))
    return Asked(
        by_pair=[moment for asked, _, moment in found if asked == mark],
        by_origin=[moment for _, network, moment in found if origin and network == origin],
    )


def code(pk: UUID) -> FollowCode | None:
    """One request for a code, with its file: for the job that writes the mail."""
    rows = FollowCode.objects.select_related("complaint__entity", "complaint__party", "complaint__team")
    return rows.filter(pk=pk).first()


def codes_mailed(asked: FollowCode, *, at: datetime) -> list[Mailed]:
    """The codes that really went to the mailbox of this request in the last day, for whatever file."""
    rows = FollowCode.objects.filter(to=asked.to, mailed_at__gt=at - timedelta(days=1)).exclude(pk=asked.pk)
    found = rows.order_by("mailed_at").values_list("complaint_id", "complaint__names_known", "mailed_at")
    return [Mailed(file, is_typed, moment) for file, is_typed, moment in found if moment]


def revoked_since(complaint_id: UUID, moment: datetime) -> bool:
    """Whether the ways into a file were closed after a visit began, by whatever way."""
    return Complaint.objects.filter(pk=complaint_id, access_revoked_at__gte=moment).exists()


def known_status(complaint: Complaint) -> PartyStatus:
    """As what a file treats its complainant: as they declared where it was typed by somebody who may be anybody.

    What we know of the person speaks where nothing of it can be learned by typing their address: a file that a mail
    opened, or one that made them known. `complaint` comes with its party.
    """
    if complaint.names_known and complaint.declared_status:
        return PartyStatus(complaint.declared_status)
    return PartyStatus(complaint.party.status) if complaint.party is not None else PartyStatus.UNKNOWN


def has_page(complaint: Complaint) -> bool:
    """Whether the complainant can read on a page of theirs what no address takes to them.

    A key was given for this file and not taken back; not when it may have been given to whoever typed somebody's name.
    """
    keys = TrackingKey.objects.filter(complaint=complaint, revoked_at__isnull=True)
    return not complaint.names_known and keys.exists()


def corrections(complaint: Complaint) -> list[Correction]:
    """What the complainant said otherwise of the points of a file, the oldest first."""
    rows = Correction.objects.filter(grievance__complaint=complaint).select_related("grievance")
    return list(rows.order_by("at", "id"))


def points_shown(grievance: Grievance) -> dict[str, str]:
    """What the file says of one grievance, point by point, as its complainant last put it."""
    shown = {code: str(getattr(grievance, code)) for code in ("title", "expected", "wanted")}
    shown |= {f"{FACT}{code}": str(value) for code, value in grievance.facts.items()}
    rows = Correction.objects.filter(grievance=grievance).order_by("at", "id")
    return shown | dict(rows.values_list("point", "text"))


def journal_codes() -> Mapping[str, str]:
    """Event codes of this domain and their French sentence, for the timeline and the journal page."""
    return _JOURNAL
