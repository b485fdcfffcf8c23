"""Where a merged file is told that its answer is given, and in what words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import NAMESPACE_OID, UUID, uuid5

from django.db.models import Exists, OuterRef, Q, TextField
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from procrastinate.contrib.django.models import ProcrastinateJob

from doleance.complainants.rules import normal_email
from doleance.complaints import queries as complaints
from doleance.complaints.models import Complaint, TrackingKey
from doleance.complaints.rules import State
from doleance.kernel import languages
from doleance.kernel.kinds import gettext_noop
from doleance.notifications import letters, queries, rules
from doleance.notifications.letters import Letter
from doleance.notifications.models import Notice
from doleance.notifications.rules import NoticeState, Purpose, Way

_ANSWERED = frozenset({State.ANSWERED, State.FOLLOW_UP, State.CLOSED})  # the answer that left still stands

_WHERE = {
    Way.EMAIL: gettext_noop("dans un courriel"),
    Way.POST: gettext_noop("dans une lettre, par la poste"),
    Way.PAGE: gettext_noop("sur la page de suivi de cette réclamation"),
}


@dataclass(frozen=True, slots=True)
class Pointed:
    """One merged file, and by which way it is told; `way` is None where nothing is sent. `to` is a mail address."""

    stub: Complaint
    way: Way | None
    to: str = ""
    has_answer: bool = False  # the answer itself goes there


def owed(answer: Notice) -> list[Pointed]:
    """What is still to be said of an answer that has left, in the files that had joined its own before that.

    All of it is written together: once one file was told, an address that changed since is no reason to tell again.
    """
    wanted = [one for one in planned(answer) if one.way is not None]
    ids = [identity(answer, one.stub) for one in wanted]
    return [] if Notice.objects.filter(pk__in=ids).exists() else wanted


def planned(answer: Notice) -> list[Pointed]:
    """Who is told where an answer is that has left: a file that joined after that was not answered by it."""
    joined = [
        one
        for one in complaints.merged_files(answer.complaint)
        if answer.sent_at is not None and (at := complaints.merged_at(one)) is not None and at <= answer.sent_at
    ]
    return told(joined, to=answer.to_address)


def answers(*, task: str, at: datetime, limit: int = 500) -> list[Notice]:
    """The last answers of files that others were merged into, sent lately, while no job `task` speaks of them there.

    What nobody wrote of each is `owed`. A file that is at work again waits for another answer. The latest first.
    """
    of_it = Notice.objects.filter(complaint=OuterRef("complaint"), purpose=Purpose.FINAL, state=NoticeState.SENT)
    later = of_it.filter(Q(sent_at__gt=OuterRef("sent_at")) | Q(sent_at=OuterRef("sent_at"), pk__gt=OuterRef("pk")))
    jobs = ProcrastinateJob.objects.annotate(about=KeyTextTransform("notice_id", "args"))
    ahead = jobs.filter(task_name=task, status__in=["todo", "doing"], about=Cast(OuterRef("pk"), TextField()))
    kept = Complaint.objects.exclude(merged_into=None).values("merged_into")
    rows = Notice.objects.filter(purpose=Purpose.FINAL, state=NoticeState.SENT, complaint__in=kept)
    rows = rows.filter(sent_at__gte=at - rules.POINTED_WITHIN, complaint__state__in=sorted(_ANSWERED))
    rows = rows.exclude(Exists(later)).exclude(Exists(ahead)).select_related("complaint__entity", "complaint__party")
    return list(rows.order_by("-sent_at", "-id")[:limit])


def identity(answer: Notice, stub: Complaint) -> UUID:
    """The identifier of what is said of an answer in one file: it is written once, whoever orders it again."""
    return uuid5(NAMESPACE_OID, f"{answer.id} {stub.id}")


def told(stubs: Sequence[Complaint], *, to: str) -> list[Pointed]:
    """Where each of these files is told, when the answer goes to the mail address `to` (empty: it goes elsewhere).

    Each mailbox is told once: two files of one person are one line.
    """
    reached = {_key(to)} if to else set()
    found: list[Pointed] = []
    for stub in stubs:
        address = queries.address_of(stub)
        if address and _key(address) not in reached:
            reached.add(_key(address))
            found.append(Pointed(stub, Way.EMAIL, address))
        elif TrackingKey.objects.filter(complaint=stub, revoked_at__isnull=True).exists():
            found.append(Pointed(stub, Way.PAGE, has_answer=bool(address)))
        else:
            found.append(Pointed(stub, None, has_answer=bool(address)))
    return found


def _key(address: str) -> str:
    return rules.budget_key(normal_email(address))


def letter(stub: Complaint, kept: Complaint, *, language: str, way: Way) -> Letter:
    """The line itself: two references and where to look, and nothing of what is answered."""
    facts = {
        "reference": stub.reference,
        "kept": kept.reference,
        "where": languages.tongue(language).translate(_WHERE[way]),
        "entity": kept.entity.name,
        "phone": kept.entity.phone,
    }
    return letters.write("pointer", language=language, facts=facts)
