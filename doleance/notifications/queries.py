"""What is asked of the outbox: what a file shows, what waits for a person, what the next mail hangs under."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Case, Count, F, Q, QuerySet, Value, When, Window
from django.db.models.functions import RowNumber

from doleance.accounts.rules import Actor
from doleance.channels import queries as channels
from doleance.channels.email.compose import Outgoing, is_identifier
from doleance.channels.email.outgoing import has_way_out, reply_address, sender_of
from doleance.channels.models import Mailbox, Message
from doleance.complainants import queries as complainants
from doleance.complaints import queries as complaints
from doleance.complaints.models import Complaint
from doleance.deadlines import queries as deadlines
from doleance.deadlines.rules.clocks import Running
from doleance.kernel import clock, languages, sql
from doleance.kernel.kinds import gettext_noop
from doleance.notifications import following, letters, returns, rules, telling
from doleance.notifications.letters import Letter
from doleance.notifications.models import Notice
from doleance.notifications.rules import NoticeState, Purpose, Way

DELIVER, WAKE, SEND_CODE, MAIL_LINK = (
    "notifications.deliver",
    "notifications.wake",
    "notifications.send_code",
    "notifications.mail_link",
)  # the jobs' names, by which actions defer them
BLOCKED = NoticeState.NO_CHANNEL
_SQL = sql.queries("doleance.notifications", "queries.sql")


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One outgoing mail as a page shows it. `words` is a French msgid, `facts` what it names."""

    id: UUID
    complaint_id: UUID
    reference: str
    purpose: Purpose
    state: NoticeState
    to_address: str
    subject: str
    text: str
    author: str
    words: str
    facts: Mapping[str, object]
    seconds_left: int
    created_at: datetime
    claimed_at: datetime | None
    sent_at: datetime | None
    last_error: str
    way: Way
    to_postal: str
    bounced_at: datetime | None
    bounce: str

    @property
    def may_retain(self) -> bool:
        """Whether it can still be taken back."""
        return NoticeState.RETAINED in rules.MOVES[self.state]

    @property
    def may_decide(self) -> bool:
        """Whether nobody knows if it left, and a person must say."""
        return self.state is NoticeState.UNCERTAIN and self.way is Way.EMAIL

    @property
    def may_send_again(self) -> bool:
        """Whether it surely did not leave and is no longer tried, or is a letter that may not have been posted."""
        in_doubt = self.state is NoticeState.UNCERTAIN and self.way is Way.POST
        return in_doubt or self.state in {NoticeState.FAILED, NoticeState.NO_CHANNEL}

    @property
    def may_mark_posted(self) -> bool:
        """Whether it is a letter to print and to post."""
        return self.state is NoticeState.TO_PRINT


@dataclass(frozen=True, slots=True)
class Pile:
    """The oldest mails of one kind, and how many there are."""

    rows: list[OutboxRow]
    total: int


def outbox(complaint: Complaint, *, at: datetime) -> list[OutboxRow]:
    """The outgoing mails of one file, in the order of the conversation. Codes are no part of it."""
    rows = Notice.objects.filter(complaint=complaint).exclude(purpose=Purpose.CODE).order_by("due_at", "id")
    return [_row(notice, at) for notice in rows.select_related("complaint", "author")]


def for_people(actor: Actor, *, at: datetime, limit: int) -> dict[NoticeState, Pile]:
    """What did not leave, or may not have, in the files this actor may read: `limit` of each kind, and how many.

    UNCERTAIN, FAILED, and what is still held back under NO_CHANNEL: mails that are tried join it once an hour late.
    """
    alone = [When(state=state.value, then=Value(state.value)) for state in (NoticeState.UNCERTAIN, NoticeState.FAILED)]
    pile = Case(*alone, default=Value(BLOCKED.value))
    ranked = all_for_people(actor, at).annotate(
        pile=pile,
        rank=Window(RowNumber(), partition_by=[pile], order_by=[F("created_at").asc(), F("id").asc()]),
        total=Window(Count("*"), partition_by=[pile]),
    )
    first = ranked.filter(rank__lte=limit).values_list("pk", "pile", "total")
    places = {pk: (NoticeState(one), total) for pk, one, total in first}
    found: dict[NoticeState, Pile] = {}
    rows = Notice.objects.filter(pk__in=places).select_related("complaint", "author").order_by("created_at", "id")
    for notice in rows:
        state, total = places[notice.pk]
        found.setdefault(state, Pile([], total)).rows.append(_row(notice, at))
    return found


def came_back(actor: Actor, *, at: datetime, limit: int) -> Pile:
    """The mails refused further on that nothing replaced since, in the files this actor may read; the oldest first.

    A final answer that came back answered nobody, whatever its address has become. The others whose address is a task
    of its own are not shown twice.
    """
    rows = returns.unsettled(actor).select_related("complaint", "author").order_by("bounced_at", "id")
    found = [_row(notice, at) for notice in rows[:limit]]
    return Pile(found, count_came_back(actor) if len(found) == limit else len(found))


def count_came_back(actor: Actor) -> int:
    """How many such mails there are."""
    return returns.unsettled(actor).count()


def tallies() -> dict[NoticeState, int]:
    """How many mails wait to leave, and how many for a person, by state; the others are not counted: they are many."""
    told = Notice.objects.filter(state__in=sorted(rules.FOR_PEOPLE)).order_by().values_list("state")
    found = dict.fromkeys(sorted(rules.FOR_PEOPLE), 0)
    found |= {NoticeState(state): count for state, count in told.annotate(count=Count("pk"))}
    return found | {NoticeState.QUEUED: Notice.objects.filter(state=NoticeState.QUEUED).count()}


def count_for_people(actor: Actor, *, at: datetime) -> int:
    """How many such mails wait."""
    return all_for_people(actor, at).count()


def ready_to_wake(actor: Actor, *, until: datetime) -> list[UUID]:
    """Mails blocked for want of a server, in the files of this actor, that have a way out now; oldest first."""
    visible = complaints.visible_to(actor).values("pk")
    blocked = (
        Notice.objects.filter(state=BLOCKED, complaint__in=visible, carrier__isnull=True, created_at__lte=until)
        .exclude(purpose=Purpose.CODE)
        .order_by("created_at", "id")
    )
    found = list(blocked.select_related("mailbox", "complaint"))
    ways: dict[object, bool] = {}
    for notice in found:
        place = _place_of(notice)
        if place not in ways:
            mailbox = notice.mailbox or mailbox_for(notice.complaint)
            ways[place] = bool(sender_of(mailbox)[1]) and has_way_out(mailbox)
    return [notice.id for notice in found if ways[_place_of(notice)] and not replaced(notice)]


def _place_of(notice: Notice) -> object:
    """What decides by which mailbox a mail leaves: its own, else that of its file's entity and team."""
    return notice.mailbox_id or (notice.complaint.entity_id, notice.complaint.team_id)


def all_for_people(actor: Actor, at: datetime) -> QuerySet[Notice]:
    """Those mails: what waits for a person's decision, in the files of this actor."""
    slow = Q(state=NoticeState.QUEUED, attempts__gt=0, due_at__lt=at - rules.SLOW_AFTER) & ~Q(last_error="")
    visible = complaints.visible_to(actor).values("pk")
    rows = Notice.objects.filter(Q(state__in=sorted(rules.FOR_PEOPLE)) | slow, complaint__in=visible)
    return rows.exclude(purpose=Purpose.CODE)  # another is asked for in a minute, by whoever wants one


def find(pk: UUID, actor: Actor) -> Notice | None:
    """One outgoing mail, when this actor may read its file."""
    visible = complaints.visible_to(actor).values("pk")
    return Notice.objects.select_related("complaint").filter(pk=pk, complaint__in=visible).first()


def _row(notice: Notice, at: datetime) -> OutboxRow:
    state = NoticeState(notice.state)
    words, facts = rules.words(
        state=state,
        not_before=notice.not_before,
        error=notice.last_error,
        at=at,
        bounce=notice.bounce,
        way=Way(notice.way),
        is_behind=state is NoticeState.QUEUED and notice.not_before <= at and is_behind(notice),
        posted_on=letters.day_in_words(notice.posted_on, languages.code()) if notice.posted_on else "",
    )
    return OutboxRow(
        id=notice.id,
        complaint_id=notice.complaint_id,
        reference=notice.complaint.reference,
        purpose=Purpose(notice.purpose),
        state=state,
        to_address=notice.to_address,
        subject=notice.subject,
        text=notice.text,
        author=notice.author.name if notice.author else "",
        words=words,
        facts=facts,
        seconds_left=rules.seconds_left(not_before=notice.not_before, at=at),
        created_at=notice.created_at,
        claimed_at=notice.claimed_at,
        sent_at=notice.sent_at,
        last_error=notice.last_error,
        way=Way(notice.way),
        to_postal=notice.to_postal,
        bounced_at=notice.bounced_at,
        bounce=notice.bounce,
    )


def of_file(complaint: Complaint, pk: UUID) -> Notice | None:
    """One outgoing mail of this file."""
    return Notice.objects.filter(complaint=complaint, pk=pk).first()


def by_id(pk: UUID) -> Notice | None:
    """One outgoing mail with its file, for a machine: intake only."""
    return Notice.objects.select_related("complaint").filter(pk=pk).first()


def stuck(complaint: Complaint) -> int:
    """How many mails of a file wait for a person to decide."""
    return _told(complaint).filter(state__in=sorted(rules.FOR_PEOPLE)).count()


def _told(complaint: Complaint) -> QuerySet[Notice]:
    """What tells the complainant something of the file: a code does not."""
    return Notice.objects.filter(complaint=complaint).exclude(purpose=Purpose.CODE)


def leaving(complaint: Complaint) -> int:
    """How many mails of a file wait to leave, or may have left unknown to us."""
    return _told(complaint).filter(state__in=sorted(rules.LEAVING)).count()


def final_leaving(complaint: Complaint) -> bool:
    """Whether a final answer is under way, or may have left: a second one would answer twice."""
    states = sorted(rules.UNDER_WAY)
    return Notice.objects.filter(complaint=complaint, purpose=Purpose.FINAL, state__in=states).exists()


def holding_leaving(complaint: Complaint) -> bool:
    """Whether a holding reply is under way, or may have left: a second one would say another day."""
    states = sorted(rules.UNDER_WAY)
    return Notice.objects.filter(complaint=complaint, purpose=Purpose.HOLDING, state__in=states).exists()


def replaced(notice: Notice) -> bool:
    """Whether another final answer took the place of this one."""
    if notice.purpose != Purpose.FINAL:
        return False
    others = Notice.objects.filter(complaint_id=notice.complaint_id, purpose=Purpose.FINAL, due_at__gt=notice.due_at)
    gone = [NoticeState.FAILED, NoticeState.NO_CHANNEL, NoticeState.RETAINED]
    return others.exclude(state__in=gone).exists()


def acknowledged(complaint: Complaint) -> bool:
    """Whether an acknowledgement of this file left and did not come back, or is meant to leave."""
    found = Notice.objects.filter(complaint=complaint, purpose=Purpose.ACKNOWLEDGEMENT, bounced_at__isnull=True)
    return found.exclude(state=NoticeState.RETAINED).exists()


def mailbox_for(complaint: Complaint) -> Mailbox | None:
    """The mailbox that writes for a file: the one it came in by, else its team's, else its entity's.

    None when the entity has no active mailbox.
    """
    return came_by(complaint, last_message(complaint)) or house_mailbox(complaint)


def last_message(complaint: Complaint) -> Message | None:
    """The last thing the complainant wrote, when it came as a message."""
    last = complaints.last_inbound(complaint)
    return last.message if last is not None else None


def came_by(complaint: Complaint, message: Message | None) -> Mailbox | None:
    """The mailbox by which a message of a file came, when the file's entity may still write from it."""
    found = message.mailbox if message is not None else None
    return found if found is not None and found.is_active and found.entity_id == complaint.entity_id else None


def house_mailbox(complaint: Complaint) -> Mailbox | None:
    """The mailbox that writes for a file that came by none: its team's, else its entity's."""
    return channels.sending_mailbox(complaint.entity_id, team_id=complaint.team_id)


def can_mail(entity_id: UUID | None) -> bool:
    """Whether something is set by which a mail of this house could leave; of any house, when it is not known which."""
    own = Mailbox.objects.filter(is_active=True)
    found: list[Mailbox | None] = list(own if entity_id is None else own.filter(entity_id=entity_id))
    return any(sender_of(one)[1] and has_way_out(one) for one in found or [None])


def mail_of(notice: Notice, *, on_wire: bool = False) -> Outgoing:
    """A claimed mail as it is composed: always the same for the same try.

    As it is kept, its link or its code hidden; `on_wire`, as its reader gets it.
    """
    riders = notice.riders.select_related("complaint") if notice.purpose == Purpose.ACKNOWLEDGEMENT else ()
    name, address = sender_of(notice.mailbox)
    answers = reply_address(notice.mailbox, complaint_id=notice.complaint_id, envelope_sender=notice.envelope_sender)
    return Outgoing(
        from_address=address,
        from_name=name or notice.complaint.entity.name,
        to_address=notice.to_address,
        subject=notice.subject,
        text=following.said(notice, list(riders), on_wire=on_wire),
        message_id=notice.message_id,
        at=notice.claimed_at or notice.due_at,
        language=notice.language,
        reply_to=answers,
        in_reply_to=notice.in_reply_to,
        references=notice.references,
        automatic=notice.is_automatic,
    )


def place_of_next(complaint: Complaint) -> rules.Place:
    """Where the next mail of a file hangs in the conversation, so that mail programs show one thread."""
    sent = _told(complaint).filter(state=NoticeState.SENT, way=Way.EMAIL, carrier__isnull=True)
    ours = sent.order_by("sent_at", "id").values_list("message_id", flat=True)
    return place_after(last_message(complaint), list(ours))


def place_after(message: Message | None, ours: Sequence[str]) -> rules.Place:
    """Where a mail hangs when this is the last message of the complainant, and `ours` left before, in their order."""
    parent = message.message_id if message is not None else ""
    chain = (message.references or message.in_reply_to) if message is not None else []
    return rules.place(
        parent=parent if is_identifier(parent) else "",
        parent_chain=[one for one in chain if is_identifier(one)],
        ours=list(ours),
    )


def acknowledgements_left(to_normal: str, *, at: datetime) -> list[datetime]:
    """When acknowledgements left for an address in the last day, or may have left."""
    return acknowledgements_left_for([to_normal], at=at)[to_normal]


def acknowledgements_left_for(many: Collection[str], *, at: datetime) -> dict[str, list[datetime]]:
    """The same for each of many addresses, in one query."""
    maybe = [NoticeState.SENDING, NoticeState.SENT, NoticeState.UNCERTAIN]
    rows = Notice.objects.filter(
        to_normal__in=many,
        purpose=Purpose.ACKNOWLEDGEMENT,
        carrier__isnull=True,
        state__in=maybe,
        claimed_at__gt=at - timedelta(days=1),
    )
    found: dict[str, list[datetime]] = {one: [] for one in many}
    for to_normal, moment in rows.order_by("claimed_at").values_list("to_normal", "claimed_at"):
        if moment:
            found[to_normal].append(moment)
    return found


def is_behind(notice: Notice) -> bool:
    """Whether an earlier mail of the same file to the same address still has to leave. A code waits for none."""
    if notice.purpose == Purpose.CODE:
        return False
    earlier = Q(due_at__lt=notice.due_at) | Q(due_at=notice.due_at, id__lt=notice.id)
    written = Q(state=NoticeState.QUEUED, is_automatic=False) & ~Q(purpose=Purpose.ACKNOWLEDGEMENT)
    busy = Q(state=NoticeState.SENDING) | written
    same = {"complaint_id": notice.complaint_id, "to_normal": notice.to_normal}
    return Notice.objects.filter(busy, earlier, **same).exclude(purpose=Purpose.CODE).exists()


def free_to_leave(complaint_id: UUID) -> list[Notice]:
    """The queued mails of a file that wait for no other one."""
    queued = Notice.objects.filter(complaint_id=complaint_id, state=NoticeState.QUEUED, carrier__isnull=True)
    return [notice for notice in queued.order_by("due_at", "id") if not is_behind(notice)]


def lost(*, at: datetime, limit: int = 500) -> list[UUID]:
    """Queued mails that should have been taken by now and that no job will take."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["lost"], {"before": at - rules.GRACE, "at": at, "task": DELIVER, "limit": limit})
        return [row[0] for row in cursor.fetchall()]


def stale(*, at: datetime, limit: int = 500) -> list[tuple[UUID, int]]:
    """Mails that were being sent and were lost sight of: each with the number of its try."""
    rows = Notice.objects.filter(
        state=NoticeState.SENDING, claimed_at__lt=at - rules.LEASE, carrier__isnull=True
    ).order_by("claimed_at", "id")
    return list(rows.values_list("id", "attempts")[:limit])


def address_of(complaint: Complaint) -> str:
    """Where letters of a file go: to who speaks for the complainant, else to them; empty when there is nowhere."""
    people = [one for one in (complaint.representative, complaint.party) if one is not None]
    return next((address for one in people if (address := complainants.email_of(one))), "")


def postal_of(complaint: Complaint) -> str:
    """The lines of the postal address of a file's party; empty when there is none."""
    return complainants.postal_of(complaint.party) if complaint.party is not None else ""


def letter_facts(
    complaint: Complaint, *, language: str, at: datetime, clocks: Sequence[Running] | None = None
) -> dict[str, Any]:
    """What an acknowledgement says of one file: its reference, when it arrived, when an answer is due.

    `clocks` are those of the file, when they are known.
    """
    zone, tongue = complaint.entity.time_zone, languages.tongue(language)
    promises = telling.promised(deadlines.running(complaint) if clocks is None else clocks, at=at, tongue=tongue)
    facts: dict[str, Any] = {
        "reference": complaint.reference,
        "received": letters.day_in_words(clock.day_in(complaint.received_at, zone), language),
        "target": "",
        "final": "",
        "final_day": "",
        "counted": promises.counted,
        "invite": telling.invites_writing(complaint),
    }
    if promises.target:
        facts["target"] = f"{letters.day_in_words(promises.target.day, language)} ({promises.target.because})"
    if promises.final:
        facts["final_day"] = letters.day_in_words(promises.final.day, language)
        facts["final"] = f"{facts['final_day']} ({promises.final.because})"
    return facts


def acknowledgement(
    told: Sequence[Complaint],
    *,
    language: str,
    at: datetime,
    way: Way = Way.EMAIL,
    clocks: Sequence[Running] | None = None,
) -> Letter:
    """The letter that acknowledges these files of one entity and one address, in their order; by post, one file.

    `clocks` are those of the one file, when they are known.
    """
    facts = [letter_facts(complaint, language=language, at=at, clocks=clocks) for complaint in told]
    recourses = [telling.recourse_of(complaint) for complaint in told]
    house = told[0].entity
    common = {
        "entity": house.name,
        "postal": house.postal,
        "phone": house.phone,
        "follow": following.door(),
        "mediator": next((one.mediator for one in recourses if one.mediator), ""),
        "court": any(one.court for one in recourses),
    }
    if len(told) == 1:
        code = "acknowledgement" if way is Way.EMAIL else "acknowledgement_post"
        return letters.write(code, language=language, facts=common | facts[0])
    counted = " ".join(dict.fromkeys(one["counted"] for one in facts if one["counted"]))
    grouped = common | {"count": str(len(told)), "complaints": facts, "counted": counted}
    return letters.write("acknowledgement_grouped", language=language, facts=grouped)


def journal_codes() -> Mapping[str, str]:
    """Event codes of this domain and their French sentence, for the timeline and the journal page."""
    return {
        "notice_queued": gettext_noop("Courriel mis au départ"),
        "notice_sending": gettext_noop("Envoi commencé"),
        "notice_sent": gettext_noop("Courriel parti"),
        "notice_delayed": gettext_noop("Envoi remis : le serveur ne répond pas ou demande d’attendre"),
        "notice_failed": gettext_noop("Courriel refusé"),
        "notice_uncertain": gettext_noop("Départ incertain"),
        "notice_bounced": gettext_noop("Courriel revenu\u00a0: il n’est pas arrivé"),
        "notice_retained": gettext_noop("Courriel retenu avant son départ"),
        "notice_blocked": gettext_noop("Aucun envoi configuré"),
        "blocked_mails_ordered": gettext_noop("Envoi de tous les courriels bloqués demandé"),
        "letter_written": gettext_noop("Lettre à imprimer"),
        "letter_posted": gettext_noop("Lettre postée"),
        "notice_shown": gettext_noop("Réponse parue sur la page de suivi"),
        "notice_ordered_again": gettext_noop("Nouvel envoi demandé"),
        "notice_left_before": gettext_noop("Un premier envoi, cru perdu, était parti"),
        "acknowledgement_unreachable": gettext_noop("Accusé de réception retenu\u00a0: rien n’arrive à cette adresse"),
        "acknowledgement_deferred": gettext_noop("Accusé de réception différé"),
        "acknowledgement_suspended": gettext_noop("Courriel automatique suspendu\u00a0: trop de courriels échangés"),
        "acknowledgement_resumed": gettext_noop("Courriel automatique remis au départ"),
        "breaker_tripped": gettext_noop("Courriels automatiques suspendus\u00a0: une machine répond peut-être"),
        "breaker_released": gettext_noop("Courriels automatiques repris"),
        "code_expired": gettext_noop("Code de suivi retenu\u00a0: il ne servait plus"),
        "acknowledgement_needless": gettext_noop("Accusé de réception sans objet\u00a0: le dossier est terminé"),
        "acknowledgement_superseded": gettext_noop("Accusé de réception sans objet : une réponse est partie"),
    }
