"""What is asked about mails that came back: which ones nothing replaced, and whether a final answer is one of them."""

from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Lower

from doleance.accounts.rules import Actor
from doleance.complainants import queries as complainants
from doleance.complainants.models import Party
from doleance.complaints import queries as complaints
from doleance.complaints.models import Complaint
from doleance.complaints.rules import OPEN, OVER
from doleance.notifications.models import Notice
from doleance.notifications.rules import UNREACHABLE, NoticeState, Purpose, Way, refuses_recipient


def final_bounced(complaint: Complaint) -> bool:
    """Whether the last final answer that left came back: the complainant was told nothing."""
    left = Notice.objects.filter(complaint=complaint, purpose=Purpose.FINAL, state=NoticeState.SENT)
    last = left.order_by("-sent_at", "-due_at", "-id").values_list("bounced_at", flat=True)[:1]
    return any(last)


def answered_by(complaint: Complaint) -> UUID | None:
    """Who wrote the last final answer that left; None when none did."""
    left = Notice.objects.filter(complaint=complaint, purpose=Purpose.FINAL, state=NoticeState.SENT)
    return left.order_by("-sent_at", "-due_at", "-id").values_list("author_id", flat=True).first()


def unsettled(actor: Actor) -> QuerySet[Notice]:
    """The mails that came back and that nothing replaced since, in the files this actor may read.

    A final answer is replaced by another one only, a message by what a person wrote later, an acknowledgement by
    whatever left later. A file that was closed since, in spite of it, asks nothing more.
    """
    final, acknowledges = Q(purpose=Purpose.FINAL), Q(purpose=Purpose.ACKNOWLEDGEMENT)
    arrived = Notice.objects.filter(
        complaint=OuterRef("complaint"),
        state=NoticeState.SENT,
        bounced_at__isnull=True,
        sent_at__gte=OuterRef("sent_at"),
    ).exclude(purpose=Purpose.CODE)
    replaced = (
        (final & Exists(arrived.filter(final)))
        | (~final & Exists(arrived.exclude(acknowledges)))
        | (acknowledges & Exists(arrived))
    )
    shown_as_address = ~final & Q(box__in=complainants.bounced().values("normal"))
    over_since = Q(complaint__state__in=sorted(OVER)) & ~Q(complaint__closed_at__lt=F("bounced_at"))
    rows = Notice.objects.alias(box=Lower("to_address")).filter(
        bounced_at__isnull=False,
        state=NoticeState.SENT,
        carrier__isnull=True,
        complaint__in=complaints.visible_to(actor).values("pk"),
    )
    return rows.exclude(replaced | shown_as_address | over_since | Q(purpose=Purpose.CODE))


def acknowledgements_lost(party: Party) -> list[Notice]:
    """The acknowledgements of a party's open files that never arrived: withheld, refused, or come back.

    Not those of a file in which a word of ours left later: it says that the complaint was received.
    """
    rows = Notice.objects.select_related("complaint").filter(
        complaint__party=party, complaint__state__in=sorted(OPEN), purpose=Purpose.ACKNOWLEDGEMENT, way=Way.EMAIL
    )
    later = Notice.objects.filter(
        complaint=OuterRef("complaint"), state=NoticeState.SENT, bounced_at__isnull=True
    ).exclude(purpose=Purpose.CODE)
    withheld = Q(state=NoticeState.RETAINED, last_error=UNREACHABLE)
    lost = withheld | Q(bounced_at__isnull=False) | Q(state=NoticeState.FAILED)
    return [
        notice
        for notice in rows.filter(lost).exclude(Exists(later)).order_by("complaint_id", "id")
        if notice.state != NoticeState.FAILED or refuses_recipient(notice.last_error)
    ]
