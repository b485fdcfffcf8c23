"""The receipt of a complaint: what was said, when it came, by when an answer comes, and what if it does not (M04).

A paper of one moment: the days it tells are those that were promised when the file was opened, whatever came after.
Only what the complainant said stands in it, and what they are told; nothing internal.
"""

from dataclasses import dataclass
from datetime import date, datetime

from doleance.accounts.models import Entity
from doleance.audit import queries as audit
from doleance.audit.seal import SealError
from doleance.channels import queries as channels
from doleance.channels.models import Attachment, Message
from doleance.channels.typed import form
from doleance.complainants.rules import Recourse
from doleance.complaints import access, questions
from doleance.complaints.models import Category, Complaint
from doleance.complaints.rules import OVER, SETTLED, State
from doleance.deadlines import queries as deadlines
from doleance.desk.queries import public
from doleance.intake import deposits, pressed
from doleance.intake.deposits import Contact, Deposit, Wish
from doleance.kernel import clock
from doleance.kernel.fil import Mark
from doleance.kernel.moments import hour, long_day
from doleance.kernel.text import NO_BREAK
from doleance.kernel.tongue import Tongue
from doleance.notifications import telling
from doleance.notifications.models import Notice
from doleance.notifications.rules import NoticeState, Purpose, Way
from doleance.notifications.telling import Promises

_SHORT = 28  # signs; a name of that length stays on one line of a telephone
_LEAVES = frozenset({NoticeState.QUEUED, NoticeState.SENDING, NoticeState.SENT, NoticeState.TO_PRINT})


@dataclass(frozen=True, slots=True)
class Answer:
    """One thing that was answered; `is_voice`: in the person's own words."""

    label: str
    text: str
    is_voice: bool = False


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a receipt says, in the reader's words.

    `words` is the complainant's own text; `leaf` the hash of the event that opened the file, in hexadecimal.
    """

    reference: str
    entity: Entity
    title: str
    speaks_for: str
    received: str
    received_on: date
    steps: tuple[Mark, ...]
    counted: str
    is_danger: bool
    has_moved: bool
    words: str
    branch: str
    answers: tuple[Answer, ...]
    files: tuple[str, ...]
    reach: str
    reach_when: str
    acknowledged: str
    invites_writing: bool
    unanswered: str
    recourse: Recourse
    leaf: str

    @property
    def has_contact(self) -> bool:
        """Whether there is any way to reach the person who complains."""
        return bool(self.reach)


def receipt(*, complaint: Complaint, tongue: Tongue, at: datetime) -> Receipt | None:
    """The receipt of a file that was typed, at `at`; None when what was typed is no longer there to be read.

    It is made of what was typed and of nothing that we knew before: whoever types somebody else's address learns
    neither their name nor how they are reached. `complaint` comes with its entity and its party.
    """
    first, deposit = _typed(complaint)
    if deposit is None:
        return None
    zone = complaint.entity.time_zone
    clocks = [one for one in deadlines.running(complaint) if one.opening.reopened_at is None]
    promises = telling.promised(clocks, at=complaint.received_at, tongue=tongue, kept=True)
    recourse = telling.recourse_of(complaint)
    writer = deposit.representative.contact if deposit.representative else deposit.contact
    acknowledged = _acknowledged(complaint, writer.email.strip() or deposit.contact.email.strip(), tongue)
    return Receipt(
        reference=complaint.reference,
        entity=complaint.entity,
        title=_title(writer, tongue),
        speaks_for=deposit.contact.name.strip() if deposit.representative else "",
        received=public.moment_of(complaint.received_at, zone, tongue),
        received_on=clock.day_in(complaint.received_at, zone),
        steps=_steps(complaint, promises, acknowledged, tongue, at),
        counted=promises.counted,
        is_danger=deposits.is_safety(deposit),
        has_moved=_has_moved(complaint),
        words=deposit.text.strip(),
        branch=_branch(deposit, tongue),
        answers=_answers(deposit, tongue),
        files=_files(first),
        reach=_reach(writer, tongue),
        reach_when=writer.reach_when.strip(),
        acknowledged=acknowledged,
        invites_writing=telling.invites_writing(complaint),
        unanswered=public.unanswered(promises, recourse, tongue, again=public.CALL_AGAIN_THERE),
        recourse=recourse,
        leaf=_leaf(complaint),
    )


def _typed(complaint: Complaint) -> tuple[Message | None, Deposit | None]:
    """What opened the file, as the ledger keeps it; nothing for a file that a mail opened, or that was erased."""
    rows = Message.objects.filter(exchange__complaint=complaint, exchange__rule="opened")
    first = rows.order_by("exchange__at", "id").first()
    if first is None:
        return None, None
    try:
        told = form.told(channels.raw_of(first))
    except SealError:
        return first, None
    return first, pressed.read(told) if told else None


def _title(writer: Contact, tongue: Tongue) -> str:
    """It says a name only as its owner gave it: a title is never guessed, nor which word is the family's."""
    if not writer.name.strip():
        return tongue.say("Votre réclamation est enregistrée")
    name = " ".join(filter(None, (writer.title.strip(), *writer.name.split())))
    name = name.replace(" ", NO_BREAK) if len(name) <= _SHORT else name
    return tongue.say("Votre réclamation est enregistrée, {name}", name=name)


def _steps(
    complaint: Complaint, promises: Promises, acknowledged: str, tongue: Tongue, at: datetime
) -> tuple[Mark, ...]:
    """The thread that the person was shown: received, read, the day we aim at, the last day."""
    zone, say = complaint.entity.time_zone, tongue.say
    today, day = clock.day_in(at, zone), clock.day_in(complaint.received_at, zone)
    moment = complaint.received_at
    if day == today:
        arrived = say("Reçue aujourd’hui, {hour}", hour=hour(moment, zone, tongue))
    else:
        arrived = say("Reçue le {moment}", moment=public.moment_of(moment, zone, tongue))
    moved = _has_moved(complaint)
    steps = [
        Mark(label=arrived, words=acknowledged, place="done"),
        Mark(label=say("Une personne lit votre message"), words="", place="done" if moved else "now"),
    ]
    if promises.target:
        label = say("Réponse visée\u00a0: {day}", day=long_day(promises.target.day, tongue, year=today.year))
        words = say("Si c’est plus long, nous vous le disons avant.")
        steps.append(Mark(label=label, words=f"{public.sentence(promises.target.because)} {words}"))
    if promises.final:
        label = say("Au plus tard le {day}", day=long_day(promises.final.day, tongue))
        steps.append(Mark(label=label, words=public.sentence(promises.final.because), legal=True))
    return tuple(steps)


def _has_moved(complaint: Complaint) -> bool:
    """Whether the file went on so far that its next step is to be read where it is followed."""
    return State(complaint.state) in SETTLED | OVER | {State.DECIDED, State.MERGED}


def _branch(deposit: Deposit, tongue: Tongue) -> str:
    """What it is about, as it was chosen. The title of the file is ours, and stays with us."""
    category = Category.objects.filter(code=deposit.branch).first()
    if category is None:
        return ""
    return category.label_en if tongue.code == "en" else category.label_fr


def _answers(deposit: Deposit, tongue: Tongue) -> tuple[Answer, ...]:
    """What was asked and answered, what was promised, what is wanted."""
    answers = [
        Answer(tongue.translate(question.short), public.answer(question, value, tongue))
        for question, value in questions.answered(deposit.branch, deposit.facts)
    ]
    if deposit.expected.strip():
        answers.append(Answer(tongue.say("Promis ou attendu"), deposit.expected.strip(), is_voice=True))
    ticked = [tongue.translate(one.label) for one in deposit.wishes if one is not Wish.OTHER or not deposit.wanted]
    if ticked:
        answers.append(Answer(tongue.say("Ce que vous demandez"), "\n".join(ticked)))
    if deposit.wanted.strip():
        answers.append(Answer(tongue.say("Avec vos mots"), deposit.wanted.strip(), is_voice=True))
    return tuple(answers)


def _files(first: Message | None) -> tuple[str, ...]:
    rows = first.attachments.filter(is_inline=False).order_by("id") if first else Attachment.objects.none()
    return tuple(rows.values_list("name", flat=True))


def _reach(writer: Contact, tongue: Tongue) -> str:
    """How the person asked to be reached, masked; empty when they left no way."""
    return public.reached(deposits.ways(writer), writer.preferred, tongue)


def _acknowledged(complaint: Complaint, email: str, tongue: Tongue) -> str:
    """Where an acknowledgement goes too; empty when none leaves: then the receipt is the acknowledgement.

    The same for any mail address that was typed, whether or not one leaves: that would tell which addresses are our
    people's, and which ones we know to return our mails.
    """
    if email:
        return tongue.say(
            "Si nous pouvons écrire à {address}, un accusé de réception y part aussi.",
            address=access.masked_email(email),
        )
    rows = Notice.objects.filter(complaint=complaint, purpose=Purpose.ACKNOWLEDGEMENT, bounced_at__isnull=True)
    notice = rows.order_by("-created_at", "-id").first()
    if notice is None or notice.state not in _LEAVES:
        return ""
    if notice.way == Way.POST:
        return tongue.say("Un accusé de réception part aussi par courrier.")
    return tongue.say("Un accusé de réception part aussi par courriel.")


def _leaf(complaint: Complaint) -> str:
    """The hash of the event that opened the file, which cannot be changed without losing it (M33)."""
    opened = audit.history(complaint.journal_stream).filter(facts__code="complaint_opened").first()
    return bytes(opened.hash).hex() if opened else ""
