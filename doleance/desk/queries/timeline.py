"""One timeline for a file, across channels and kinds, oldest first."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import groupby
from uuid import UUID

from django.utils.translation import gettext

from doleance.channels.models import Attachment, Message
from doleance.channels.rules import Direction, Mark, SenderClass
from doleance.complainants.models import Address
from doleance.complainants.rules import normal_email
from doleance.complaints import queries as complaints
from doleance.complaints import rules
from doleance.complaints.models import Complaint, Exchange, Grievance
from doleance.complaints.rules import ExchangeKind, GrievanceState
from doleance.desk.queries.journal import SHOWN_ELSEWHERE, Line
from doleance.intake.rules import Rule
from doleance.kernel.kinds import Kind, gettext_noop
from doleance.kernel.passages import Passage
from doleance.notifications.queries import OutboxRow
from doleance.notifications.rules import NoticeState, Purpose, Way
from doleance.understanding.models import FileReading
from doleance.understanding.scans.told import Recognised, leans_on_files

# How a file was opened by what somebody typed, and its icon: nothing of it is a mail.
TYPED = {
    "web": (gettext_noop("a ouvert ce dossier par le formulaire"), "globe"),
    "phone": (gettext_noop("a ouvert ce dossier au téléphone"), "phone"),
    "counter": (gettext_noop("a ouvert ce dossier au guichet"), "concierge-bell"),
    "api": (gettext_noop("a ouvert ce dossier par un autre programme"), "plug"),
}
FOLD = 3  # system lines in a row, from which on they fold into one

# How a message came to be in this file, beside its author's name; the rest is `intake.rules.Rule`.
HOW = {
    "opened": gettext_noop("a ouvert ce dossier par courriel"),
    "by_hand": gettext_noop("courriel rattaché à la main"),
    "follow_page": gettext_noop("depuis la page de suivi"),
    "api": gettext_noop("par un autre programme"),
} | {rule.value: rule.label for rule in Rule}
# The date that a sender's clock gives is said when it is further than that from when the mail came.
DATE_TOLD = timedelta(days=1)
_LEAVING_ICONS = {Way.POST: "stamp", Way.PAGE: "globe"}
_WROTE = {
    Way.EMAIL: gettext_noop("a écrit par courriel"),
    Way.POST: gettext_noop("a écrit par courrier"),
    Way.PAGE: gettext_noop("a écrit sur la page de suivi"),
}
# Images that a small picture can be drawn of (`channels.queries.thumbnail_of`).
_DRAWN = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp", "image/tiff"})


class Show(Kind):
    """What of the timeline is shown. The code stands in the address."""

    ALL = "tout", "Tout"
    EXCHANGES = "echanges", "Échanges"
    INTERNAL = "interne", "Interne"
    JOURNAL = "journal", "Journal"


class ItemKind(Kind):
    """What an item of the timeline is; it decides how it looks."""

    THEIRS = "theirs", "Le réclamant"
    OURS = "ours", "Nous"
    NOTE = "note", "Note interne"
    MACHINE = "machine", "Envoi automatique"
    LEAVING = "leaving", "Au départ"
    RETAINED = "retained", "Retenu"
    LINE = "line", "Journal"
    FOLD = "fold", "Journal replié"


@dataclass(frozen=True, slots=True)
class File:
    """An attached file, to be downloaded. `read` is what a machine read of it, None when it did not try; it stands
    open when a grief is quoted from it.
    """

    id: UUID
    name: str
    size: int
    icon: str
    has_thumbnail: bool = False
    read: Recognised | None = None
    is_quoted: bool = False

    @classmethod
    def of(cls, one: Attachment) -> "File":
        """An attachment as pages show it: its name is the sender's, for the eyes only."""
        name = one.name or gettext("sans nom")
        known: FileReading | None = getattr(one, "reading", None)
        read = known.recognised if known is not None else None
        return cls(one.id, name, one.size, _icon(one.media_type), one.media_type.lower() in _DRAWN, read)

    def quoted(self, passages: Sequence[Passage]) -> "File":
        """The same, open when one of these griefs is quoted from it."""
        told = " ".join(self.read.text.split()) if self.read is not None and passages else ""
        return replace(self, is_quoted=any(" ".join(one.quote.split()) in told for one in passages))


@dataclass(frozen=True, slots=True)
class Received:
    """What a received mail shows beside its words. `proof`: what our mail server checked, in its own terms.

    `cc` are named and never written to; `dated_at` is the sender's own date, when it is far from the reception;
    `author` and `author_address` are those of the mail that it forwards, when they are not the complainant's.
    """

    sender: SenderClass
    proof: str
    marks: Sequence[Mark]
    cc: Sequence[str]
    dated_at: datetime | None
    repeats_id: bool
    has_html: bool
    author: str = ""
    author_address: str = ""

    @classmethod
    def of(cls, message: Message) -> "Received":
        """What is told of a message."""
        is_far = message.dated_at is not None and abs(message.dated_at - message.received_at) > DATE_TOLD
        return cls(
            sender=SenderClass(message.sender_class),
            proof=message.authentication,
            marks=[Mark(mark) for mark in message.marks if mark != Mark.FORWARDED],
            cc=message.cc,
            dated_at=message.dated_at if is_far else None,
            repeats_id=message.same_id_as_id is not None,
            has_html=message.has_html,
            author=message.forwarded_name,
            author_address=message.forwarded_address,
        )


@dataclass(frozen=True, slots=True)
class Item:
    """One item. `message` is the identifier of the raw mail behind it; `lines` are those of a fold.

    `notice` is what leaves or waits to; of what left on paper, the letter; of what a machine wrote, the mail of ours
    that it answers. `marks` are the signs that a form was typed by a machine. `quoted` is the earlier mail that it
    ends with; `whole` all that was written, where `text` is the author's own words.
    """

    kind: ItemKind
    at: datetime
    anchor: str
    who: str = ""
    how: str = ""
    text: str = ""
    quoted: str = ""
    whole: str = ""
    exchange: UUID | None = None
    message: UUID | None = None
    passages: Sequence[Passage] = ()
    files: Sequence[File] = ()
    notice: OutboxRow | None = None
    received: Received | None = None
    marks: Sequence[Mark] = ()
    lines: Sequence[Line] = field(default=())
    icon: str = "mail"

    @property
    def leaving_icon(self) -> str:
        """How what has not left will: an envelope to be stamped, a page of theirs, or the wire."""
        return _LEAVING_ICONS.get(self.notice.way, "send") if self.notice is not None else "send"

    @property
    def is_letter(self) -> bool:
        """Whether it left on paper, which can be looked at again."""
        return self.received is None and self.notice is not None and self.notice.way is Way.POST

    @property
    def is_bounce(self) -> bool:
        """Whether it brings back a mail of ours."""
        return self.received is not None and self.notice is not None and self.notice.bounced_at is not None


@dataclass(frozen=True, slots=True)
class Sources:
    """What the timeline is made of, read beforehand."""

    grievances: Sequence[Grievance]
    outbox: Sequence[OutboxRow]
    journal: Sequence[Line]
    ways: Sequence[Address] = ()  # of the complainant: a mail from elsewhere is told under its own sender
    clean: Mapping[UUID, str] = field(default_factory=dict)  # the author's own words, by message


def timeline(complaint: Complaint, sources: Sources, show: Show) -> list[Item]:
    """The items of a file, oldest first. Two queries: the exchanges and their files."""
    if show is Show.JOURNAL:
        return [_line(line) for line in sources.journal]
    talk = [*_exchanges(complaint, sources), *_outgoing(sources.outbox)]
    if show is Show.INTERNAL:
        talk = [item for item in talk if item.kind is ItemKind.NOTE]
    elif show is Show.EXCHANGES:
        talk = [item for item in talk if item.kind is not ItemKind.NOTE]
    lines = [_line(line) for line in sources.journal if line.code not in SHOWN_ELSEWHERE] if show is Show.ALL else []
    return list(_folded(sorted([*talk, *lines], key=lambda item: item.at)))


def _line(line: Line) -> Item:
    return Item(kind=ItemKind.LINE, at=line.at, anchor=f"j{line.seq}", lines=(line,))


def _folded(items: Iterable[Item]) -> Iterable[Item]:
    """System lines in a row become one item, which says how many they are; one with a reason stands by itself."""
    for is_line, group in groupby(items, key=lambda item: item.kind is ItemKind.LINE and not item.lines[0].reason):
        run = list(group)
        if is_line and len(run) >= FOLD:
            every = tuple(line for item in run for line in item.lines)
            yield Item(kind=ItemKind.FOLD, at=run[0].at, anchor=run[0].anchor, lines=every)
        else:
            yield from run


def _exchanges(complaint: Complaint, sources: Sources) -> list[Item]:
    exchanges = complaints.exchanges(complaint)
    files = files_of(one.message_id for one in exchanges if one.message_id)
    name = complaint.party.name if complaint.party else gettext("Sans nom")
    notices = {row.id: row for row in sources.outbox}
    known = frozenset(way.normal for way in sources.ways)
    return [
        _with_own_words(
            _exchange(
                one, _writer(one, name, known), files, _passages(one, sources.grievances), notices, complaint.pk
            ),
            sources.clean.get(one.message_id, "") if one.message_id else "",
        )
        for one in exchanges
    ]


def _with_own_words(item: Item, clean: str) -> Item:
    """What its author wrote, without what they quoted or signed with; as it is when a grief was found elsewhere."""
    whole = f"{item.text}\n\n{item.quoted}" if item.quoted else item.text
    own = " ".join(clean.split())
    is_whole = not own or own == " ".join(whole.split()) or _speaks_by_files(item)
    if is_whole or any(" ".join(one.quote.split()) not in own for one in item.passages):
        return item
    return replace(item, text=clean.strip(), quoted="", whole=whole)


def _speaks_by_files(item: Item) -> bool:
    """Whether what was read of the message is what its files say, which stands under them."""
    return any(one.read is not None and one.read.is_sure for one in item.files) and leans_on_files(item.text)


def _writer(one: Exchange, name: str, known: Collection[str]) -> str:
    """Who wrote it: the complainant, or whoever else sent the mail. A file that changes hands changes no signature."""
    mail = one.message
    if mail is None or not known or not mail.from_address or normal_email(mail.from_address) in known:
        return name
    return mail.from_name or mail.from_address


def _exchange(
    one: Exchange,
    name: str,
    files: Mapping[UUID, Sequence[File]],
    passages: Sequence[Passage],
    notices: Mapping[UUID, OutboxRow],
    here: UUID,
) -> Item:
    """One item; what was said in a file merged into this one (`here`) says where."""
    mail = one.message if one.message is not None and one.message.direction == Direction.IN else None
    notice = notices.get(mail.answers) if mail is not None and mail.answers else _without_bytes(one, notices)
    kind, who, how = _voice(one, name, notice)
    said, quoted = rules.split_quoted(one.text)
    return Item(
        kind=kind,
        at=one.at,
        anchor=f"e{one.id}",
        who=who,
        how=how if one.complaint_id == here else f"{how}, {one.complaint.reference}",
        text=said,
        quoted=quoted,
        exchange=one.id,
        message=None if mail is not None and mail.channel in TYPED else one.message_id,
        passages=passages,
        files=[file.quoted(passages) for file in files.get(one.message_id, ())] if one.message_id else (),
        notice=notice,
        received=Received.of(mail) if mail is not None and mail.channel not in TYPED else None,
        marks=[Mark(mark) for mark in mail.marks] if mail is not None and mail.channel in TYPED else (),
        icon=TYPED[mail.channel][1] if mail is not None and mail.channel in TYPED else "mail",
    )


def _without_bytes(one: Exchange, notices: Mapping[UUID, OutboxRow]) -> OutboxRow | None:
    """The notice that this exchange tells of, when it left on paper or stands on the page to follow the file."""
    if one.kind != ExchangeKind.OUTBOUND or one.message_id is not None:
        return None
    shown = (row for row in notices.values() if row.way is not Way.EMAIL and row.sent_at == one.at)
    return next((row for row in shown if row.text == one.text), None)


def _voice(one: Exchange, name: str, answered: OutboxRow | None) -> tuple[ItemKind, str, str]:
    """Who speaks, and how it is said. `answered`: the notice that a machine answers, or that this tells of."""
    author = one.author.name if one.author else ""
    match ExchangeKind(one.kind):
        case ExchangeKind.NOTE:
            return ItemKind.NOTE, author, gettext("note interne")
        case ExchangeKind.OUTBOUND:
            # A letter leaves no bytes, nor does what a page shows.
            way = Way.EMAIL if one.message_id is not None else answered.way if answered is not None else Way.POST
            return _our_voice(author, way)
        case ExchangeKind.AUTOMATIC if answered is not None and answered.bounced_at is not None:
            return ItemKind.MACHINE, "", gettext("Avis de non-remise : notre courriel est revenu")
        case ExchangeKind.AUTOMATIC:
            return ItemKind.MACHINE, "", gettext("Réponse automatique reçue ; elle ne change rien au dossier")
    return ItemKind.THEIRS, name, _came(one)


def _came(one: Exchange) -> str:
    """How a message came to be in this file."""
    if one.rule == "opened" and one.message is not None and one.message.channel in TYPED:
        return gettext(TYPED[one.message.channel][0])
    if one.rule == "opened" and one.message is not None and one.message.forwarded_address:
        return gettext("a ouvert ce dossier en transférant un courriel")
    return gettext(HOW[one.rule]) if one.rule in HOW else gettext("par courriel")


def _our_voice(author: str, way: Way) -> tuple[ItemKind, str, str]:
    if author:
        return ItemKind.OURS, author, gettext(_WROTE[way])
    by_mail, by_post = (
        gettext("Accusé de réception parti par courriel"),
        gettext("Accusé de réception parti par courrier"),
    )
    return ItemKind.MACHINE, "", by_post if way is Way.POST else by_mail


def _passages(one: Exchange, grievances: Sequence[Grievance]) -> list[Passage]:
    """The grievances quoted from this exchange, or from no exchange in particular."""
    return [
        Passage(grievance.number, grievance.quote, proposed=grievance.state == GrievanceState.PROPOSED)
        for grievance in grievances
        if grievance.quote
        and grievance.state != GrievanceState.DROPPED
        and one.kind == ExchangeKind.INBOUND
        and grievance.exchange_id in {one.id, None}
    ]


def files_of(message_ids: Iterable[UUID]) -> dict[UUID, list[File]]:
    """The attached files of several messages, in their order; one query."""
    found: dict[UUID, list[File]] = {}
    rows = Attachment.objects.filter(message__in=list(message_ids)).select_related("reading")
    for one in rows.order_by("message", "position"):
        found.setdefault(one.message_id, []).append(File.of(one))
    return found


def _icon(media_type: str) -> str:
    kinds = {"image": "image", "text": "file-text", "audio": "file-audio", "video": "file-video"}
    return "file-text" if media_type == "application/pdf" else kinds.get(media_type.partition("/")[0], "file")


def _outgoing(outbox: Sequence[OutboxRow]) -> list[Item]:
    """What has not left: the exchanges show what has."""
    found = []
    for row in outbox:
        if row.state is NoticeState.SENT:
            continue
        if row.state is NoticeState.RETAINED:
            if row.purpose is not Purpose.ACKNOWLEDGEMENT:
                found.append(_notice(ItemKind.RETAINED, row))
        else:
            found.append(_notice(ItemKind.LEAVING, row))
    return found


def _notice(kind: ItemKind, row: OutboxRow) -> Item:
    return Item(kind=kind, at=row.created_at, anchor=f"d{row.id}", who=row.author, text=row.text, notice=row)
