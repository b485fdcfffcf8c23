"""What is asked about mails that came back: which ones nothing replaced, and whether a final answer is one of them."""

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Lower

from doleance.accounts.rules import Actor
from doleance.complainants import queries as complainants
from doleance.complaints import queries as complaints
from doleance.complaints.models import Complaint
from doleance.complaints.rules import OVER
from doleance.notifications.models import Notice
from doleance.notifications.rules import NoticeState, Purpose

def final_bounced(complaint: Complaint) -> bool:
    """Whether the last final answer that left came back: the complainant was told nothing."""
    left = Notice.objects.filter(complaint=complaint, purpose=Purpose.FINAL, state=NoticeState.SENT)
    last = left.order_by("-sent_at", "-due_at", "-id").values_list("bounced_at", flat=True)[:1]
    return any(last)


def unsettled(actor: Actor) -> QuerySet[Notice]:
    """The mails that came back and that nothing replaced since, in the files this actor may read.

    A final answer is replaced by another one only, a message by what a person wrote later, an acknowledgement by either
    or by another one. A file that was closed since, in spite of it, asks nothing more.
    """
    final, acknowledges = Q(purpose=Purpose.FINAL), Q(purpose=Purpose.ACKNOWLEDGEMENT)
    arrived = Notice.objects.filter(
        complaint=OuterRef("complaint"),
        state=NoticeState.SENT,
        bounced_at__isnull=True,
        sent_at__gte=OuterRef("sent_at"),
    )
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
    return rows.exclude(replaced | shown_as_address | over_since)
