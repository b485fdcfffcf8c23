"""What is asked about breakers: which one keeps a mail back, what they count, which ones a person should look at."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Lower

from doleance.accounts.rules import Actor, machine
from doleance.channels.models import Message
from doleance.channels.rules import Direction
from doleance.complaints import queries as complaints
from doleance.complaints.models import Complaint
from doleance.notifications import breakers, rules
from doleance.notifications.models import Breaker, DomainOf, Notice
from doleance.notifications.rules import NoticeState, Purpose, Scope, Way

_BY_ITSELF = machine("outbox").id
_LEFT = (NoticeState.SENDING, NoticeState.SENT, NoticeState.UNCERTAIN)


@dataclass(frozen=True, slots=True)
class BreakerRow:
    """A place where machines keep silent, as a page shows it. `words` is a French msgid, `facts` what it names."""

    id: UUID
    scope: Scope
    complaint_id: UUID
    reference: str
    words: str
    facts: Mapping[str, object]
    held: int
    tripped_at: datetime


def open_breakers(actor: Actor) -> list[BreakerRow]:
    """Where machines keep silent, by the files this actor may read; the oldest first. `held`: mails kept back there.

    The file shown is the one in which it was seen, or, for who may not read that one, one of theirs that waits.
    """
    rows = open_for(actor).select_related("complaint").order_by("tripped_at", "id")
    found = [(breaker, _file_of(breaker, actor)) for breaker in rows]
    return [_row(breaker, complaint, actor) for breaker, complaint in found if complaint is not None]


def count_open_breakers(actor: Actor) -> int:
    """How many there are."""
    return open_for(actor).count()


def open_for(actor: Actor) -> QuerySet[Breaker]:
    """The breakers that this actor may look at and that nobody released."""
    return _for(actor).filter(released_at__isnull=True)


def find(pk: UUID, actor: Actor) -> Breaker | None:
    """One breaker, open or not: it went off in a file that this actor may read, or keeps a mail of one back."""
    return _for(actor).filter(pk=pk).first()


def _for(actor: Actor) -> QuerySet[Breaker]:
    visible = complaints.visible_to(actor).values("pk")
    held = _suspended().filter(complaint__in=visible)
    of_sender = Q(scope=Scope.SENDER) & Exists(held.filter(to_normal=OuterRef("key")))
    of_domain = held.alias(domain=DomainOf("to_normal")).filter(domain=OuterRef("key"))
    silenced = of_sender | (Q(scope=Scope.DOMAIN) & Exists(of_domain))
    return Breaker.objects.filter(Q(complaint__in=visible) | silenced)


def _file_of(breaker: Breaker, actor: Actor) -> Complaint | None:
    visible = complaints.visible_to(actor)
    if breaker.complaint is not None and visible.filter(pk=breaker.complaint.pk).exists():
        return breaker.complaint
    held = kept_back(breaker).filter(complaint__in=visible.values("pk"))
    notice = held.select_related("complaint").order_by("created_at", "id").first()
    return notice.complaint if notice is not None else None


def _row(breaker: Breaker, complaint: Complaint, actor: Actor) -> BreakerRow:
    scope = Scope(breaker.scope)
    return BreakerRow(
        id=breaker.id,
        scope=scope,
        complaint_id=complaint.id,
        reference=complaint.reference,
        words=breakers.sentence_of(scope, breaker.count),
        facts={"key": breaker.key, "reference": complaint.reference, "count": breaker.count},
        held=kept_back(breaker).exclude(complaint__in=complaints.closed_to(actor).values("pk")).count(),
        tripped_at=breaker.tripped_at,
    )


def _suspended() -> QuerySet[Notice]:
    return Notice.objects.filter(
        state=NoticeState.QUEUED,
        is_automatic=True,
        carrier__isnull=True,
        last_error__in=breakers.SUSPENDED.values(),
    )


def kept_back(breaker: Breaker) -> QuerySet[Notice]:
    """The mails that a breaker keeps back."""
    return _suspended().filter(_about(breaker))


def _about(breaker: Breaker) -> Q:
    """Which notices a breaker concerns."""
    match Scope(breaker.scope):
        case Scope.SENDER:
            return Q(to_normal=breaker.key)
        case Scope.DOMAIN:
            return Q(pk__in=Notice.objects.alias(domain=DomainOf("to_normal")).filter(domain=breaker.key).values("pk"))
        case Scope.THREAD:
            return Q(complaint_id=breaker.complaint_id)
    raise ValueError(breaker.scope)


def keeps_back(notice: Notice) -> Breaker | None:
    """The breaker that keeps an automatic mail back, when one does."""
    mine = (
        Q(scope=Scope.SENDER, key=notice.to_normal)
        | Q(scope=Scope.DOMAIN, key=breakers.domain_of(notice.to_normal))
        | Q(scope=Scope.THREAD, key=str(notice.complaint_id))
    )
    return Breaker.objects.filter(mine, released_at__isnull=True).order_by("tripped_at", "id").first()


def open_threads() -> QuerySet[Breaker]:
    """The files in which machines keep silent."""
    return Breaker.objects.filter(scope=Scope.THREAD, released_at__isnull=True)


def mails_from(address: str, *, at: datetime) -> int:
    """How many mails came from an address in the last hour, those before a person last looked not counted."""
    normal = address.lower()
    since = _since(Scope.SENDER, rules.budget_key(normal), at - breakers.HOUR)
    rows = Message.objects.alias(sender=Lower("from_address")).filter(sender=normal, direction=Direction.IN)
    return rows.filter(stored_at__gt=since, stored_at__lte=at).count()


def _since(scope: Scope, key: str, earliest: datetime) -> datetime:
    """From when on to count: a count begins again when mails resumed."""
    rows = Breaker.objects.filter(scope=scope, key=key, released_at__gt=earliest)
    last = rows.order_by("-released_at").values_list("released_at", flat=True).first()
    return last or earliest


def left_for_domain(domain: str, *, at: datetime) -> list[datetime]:
    """When automatic mails left for a domain in the last day, or may have left; in order."""
    since = _since(Scope.DOMAIN, domain, at - breakers.DAY)
    rows = Notice.objects.alias(domain=DomainOf("to_normal")).filter(
        domain=domain,
        is_automatic=True,
        created_at__gt=since - 3 * breakers.DAY,  # what waited its turn left later than it was written
        claimed_at__gte=since,
        carrier__isnull=True,
        state__in=_LEFT,
    )
    return [moment for moment in rows.order_by("claimed_at").values_list("claimed_at", flat=True) if moment]


def is_vouched(domain: str, *, at: datetime) -> bool:
    """Whether a person resumed the mails to this domain not long ago: they know who is there."""
    rows = Breaker.objects.filter(scope=Scope.DOMAIN, key=domain, released_at__gt=at - breakers.VOUCHED)
    return rows.filter(released_by__startswith="user:").exists()


def round_trips(complaint: Complaint, *, at: datetime) -> int:
    """How many mails of ours in this file a machine seems to have answered, since a person last looked."""
    since = _since(Scope.THREAD, str(complaint.id), complaint.received_at)
    left = Notice.objects.filter(complaint=complaint, way=Way.EMAIL, state__in=_LEFT, claimed_at__gte=since)
    ours = [(moment, by_itself) for moment, by_itself in left.values_list("claimed_at", "is_automatic") if moment]
    if not breakers.thread_is_over(len(ours)):  # the usual case asks no more
        return 0
    return breakers.thread_trips(
        ours=ours,
        machines=[moment for moment in complaints.heard_from_machines(complaint, since=since) if moment <= at],
        people=[moment for moment in complaints.heard_from_people(complaint, since=since) if moment <= at],
    )


def prompt_round_trips(notice: Notice, *, at: datetime) -> int:
    """How many acknowledgements to the address of this one were answered within minutes, whatever the file."""
    since = _since(Scope.SENDER, notice.to_normal, at - breakers.PROMPT_WINDOW)
    rows = Notice.objects.filter(
        to_normal=notice.to_normal, purpose=Purpose.ACKNOWLEDGEMENT, carrier__isnull=True, claimed_at__gte=since
    )
    ours = [moment for moment in rows.filter(state__in=_LEFT).values_list("claimed_at", flat=True) if moment]
    if not breakers.thread_is_over(len(ours)):  # the usual case asks no more
        return 0
    mails = Message.objects.alias(sender=Lower("from_address")).filter(
        sender=notice.to_address.lower(), direction=Direction.IN, stored_at__gt=since
    )
    return breakers.prompt_round_trips(ours=ours, theirs=list(mails.values_list("stored_at", flat=True)))


def left_from_mailbox(notice: Notice, *, at: datetime) -> list[datetime]:
    """When automatic mails left the mailbox of this one in the last hour, or may have left: the latest ones."""
    rows = Notice.objects.filter(
        mailbox=notice.mailbox,
        is_automatic=True,
        carrier__isnull=True,
        state__in=_LEFT,
        claimed_at__gt=at - breakers.HOUR,
    ).order_by("-claimed_at")
    latest = rows.values_list("claimed_at", flat=True)[: breakers.MAILBOX_PER_HOUR]
    return [moment for moment in latest if moment]


def put_off(notice: Notice, *, at: datetime) -> int:
    """How many automatic mails of the same mailbox were put off to later than now."""
    rows = Notice.objects.filter(state=NoticeState.QUEUED, not_before__gt=at, mailbox=notice.mailbox)
    return rows.filter(is_automatic=True, carrier__isnull=True).exclude(pk=notice.pk).count()


def quiet(*, at: datetime) -> list[Breaker]:
    """The open breakers where nothing was heard for a day, less those where mails resumed by themselves before."""
    resumed = Breaker.objects.filter(
        scope=OuterRef("scope"), key=OuterRef("key"), released_at__gt=at - breakers.VOUCHED, released_by=_BY_ITSELF
    )
    found = Breaker.objects.filter(~Exists(resumed), released_at__isnull=True, tripped_at__lte=at - breakers.QUIET)
    return [one for one in found.order_by("id") if breakers.is_quiet(last=_last_news(one), at=at)]


def _last_news(breaker: Breaker) -> datetime:
    """When something last came from there: a mail, or a file that wanted an acknowledgement."""
    after = breaker.tripped_at
    news = [after]
    wanted = Notice.objects.alias(domain=DomainOf("to_normal")).filter(created_at__gt=after, is_automatic=True)
    if breaker.scope == Scope.THREAD:
        news += complaints.heard_from_people(breaker.complaint, since=after)[-1:] if breaker.complaint else []
    else:
        domain = breakers.domain_of(breaker.key)
        wanted = wanted.filter(domain=domain)
        wanted = wanted.filter(to_normal=breaker.key) if breaker.scope == Scope.SENDER else wanted
        news += wanted.order_by("-created_at").values_list("created_at", flat=True)[:1]
    if breaker.scope == Scope.SENDER:
        mails = _mails_of_box(breaker.key)
        news += mails.order_by("-stored_at").values_list("stored_at", flat=True)[:1]
    return max(news)


def _mails_of_box(key: str) -> QuerySet[Message]:
    """What came from a mailbox, however its address is spelled after a plus sign: `rules.budget_key` backwards."""
    local, _, domain = key.rpartition("@")
    spelled = Q(sender=key) | Q(sender__startswith=f"{local}+", sender__endswith=f"@{domain}")
    return Message.objects.alias(sender=Lower("from_address")).filter(spelled, direction=Direction.IN)
