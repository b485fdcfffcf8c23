"""What becomes of a message, who is never answered by a machine, and what a person may do in quarantine."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from doleance.channels.email.threads import BOUNCE, read_message_id, read_tagged
from doleance.channels.rules import ParsedMessage, Person, Problem, Reason, ReportedRecipient
from doleance.complainants.rules import normal_email
from doleance.kernel.errors import Refusal
from doleance.kernel.ids import is_reference
from doleance.kernel.kinds import Kind

# A text of which one character in five is lost says nothing for sure.
_LOST_SHARE = 0.2
_ROBOT = re.compile(
    r"no[-_.]?reply|do[-_.]?not[-_.]?reply|ne[-_.]?pas[-_.]?repondre|mailer[-_.]?daemon|^postmaster$|^bounces?$"
)
_DAEMONS = frozenset({"mailer-daemon", "postmaster", "mailerdaemon", "mail-daemon"})
_BULK = frozenset({"bulk", "list", "junk"})
_AUTO_REPLY = "auto_reply"
# What a better reader, or what is known by now, may decide otherwise; the others wait for a person's judgement.
MAY_CHANGE = frozenset(
    {
        Reason.HELD_SENDER,
        Reason.OVER_LIMIT,
        Reason.UNREADABLE,
        Reason.NOT_A_MESSAGE,
        Reason.AUTOMATIC,
        Reason.NO_SENDER,
        Reason.EMPTY,
        Reason.FAILED,
    }
)
_REFERENCE = re.compile(r"(?<![A-Z0-9])R\d\d-[A-Z2-9]{4,8}-[A-Z2-9](?![A-Z0-9])", re.ASCII)
_HYPHENS = str.maketrans("\u2010\u2011\u2012\u2013\u2212", "-----")
_REFUTED = "dmarc=fail"  # the one result by which the domain itself disowns the sender (RFC 7489)


class Silence(Kind):
    """Why no acknowledgement leaves by itself; shown on the file (reliability.md §2)."""

    NULL_SENDER = "null_sender", "l’expéditeur d’enveloppe est vide"
    AUTO_SUBMITTED = "auto_submitted", "le message se dit automatique"
    BULK = "bulk", "le message se dit envoyé en nombre"
    LIST = "list", "il vient d’une liste de diffusion"
    SUPPRESSED = "suppressed", "l’expéditeur demande de n’envoyer aucune réponse automatique"
    REPORT = "report", "c’est un avis de remise"
    ROBOT = "robot", "personne ne lit cette adresse"
    OURS = "ours", "c’est une de nos propres adresses"
    SPAM = "spam", "votre serveur de messagerie l’a marqué comme indésirable"
    NO_ADDRESS = "no_address", "aucune adresse d’expéditeur ne se lit"
    HISTORY = "history", "il a été repris d’un historique"
    MAILBOX = "mailbox", "cette boîte n’envoie pas d’accusé de réception"
    INVALID = "invalid", "un courriel est revenu de cette adresse, et personne ne l’a corrigée"


class Rule(Kind):
    """What in a message names the file that it continues or the mail that it answers, the surest first."""

    IN_REPLY_TO = "in_reply_to", "a répondu à notre courriel"
    REFERENCES = "references", "a continué le même échange par courriel"
    RETURNED = "returned", "renvoie notre courriel"
    PLUS_ADDRESS = "plus_address", "a écrit à l’adresse propre à ce dossier"
    SUBJECT = "subject", "a cité la référence dans l’objet"


class Fate(Kind):
    """What becomes of a message; each leads to one of the three states of reliability.md §2."""

    REPEATS = "repeats", "Doublon d’un autre message"
    WAITS = "waits", "Attend un regard"
    JOINS = "joins", "Rejoint un dossier sans rien y changer"
    CONTINUES = "continues", "Continue un dossier"
    OPENS = "opens", "Ouvre un dossier"


@dataclass(frozen=True, slots=True)
class Claim:
    """What a message says that it continues or answers, and by which rule: a file, a mail of ours, or a reference."""

    rule: Rule
    complaint_id: UUID | None = None
    notice_id: UUID | None = None
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """The file that a claim led to, as far as the fate of the message depends on it.

    `is_known`: the sender's address is that of its complainant. `is_merged`: it went on in another file.
    `is_shown`: that a machine answers our mail shows by more than an identifier (`shows_answer`).
    """

    is_known: bool
    is_merged: bool = False
    is_shown: bool = False


@dataclass(frozen=True, slots=True)
class Bounced:
    """What a delivery report says of our mail: it will not arrive. `is_permanent`: no later one to the address that we
    wrote to would (RFC 3463).
    """

    status: str
    words: str
    is_permanent: bool


class UnknownReference(Refusal):
    """No file of that reference is there for this person."""

    code = "unknown_reference"
    sentence = "Aucun dossier ne porte cette référence. Vérifiez-la, la dernière lettre comprise."


class AddressUnreadable(Refusal):
    """What was typed is no mail address."""

    code = "address_unreadable"
    sentence = "Cette adresse ne se lit pas. Corrigez-la, ou laissez-la vide pour ouvrir un dossier sans contact."


class OriginalErased(Refusal):
    """Its key was destroyed on purpose: nobody will read it again."""

    code = "original_erased"
    sentence = "Ce message a été effacé à la demande de la personne\u00a0: il ne peut plus être relu."


class HeaderOnly(Refusal):
    """The ledger has only its header: read as a mail, that would pass for one."""

    code = "header_only"
    sentence = "Seul l’en-tête de ce message est gardé ici\u00a0: le relire n’apprendrait rien de plus."


class AddressOfOurs(Refusal):
    """None of our own mailboxes complains."""

    code = "address_of_ours"
    sentence = "Cette adresse est une de nos boîtes de messagerie. Écrivez celle de la personne qui se plaint."


class FiledWithoutReason(Refusal):
    """A message is not set aside without saying why."""

    code = "filed_without_reason"
    sentence = "Écrivez en quelques mots pourquoi ce n’est pas une réclamation."


def is_automatic(parsed: ParsedMessage, *, key: bytes = b"") -> bool:
    """Whether a machine wrote it in answer to something: a bounce, a delivery report, an absence.

    What comes to the address where refusals of our mail come back is a machine's, whatever it says of itself: people
    answer to From or Reply-To, responders to the envelope (RFC 3834 §4). `key` is the one that signs that address.
    Mailing lists and bulk mail are not: a shared mailbox is often a list, and a newsletter answers nothing.
    """
    signs = parsed.signs
    return (
        signs.is_report
        or signs.return_path == ""
        or signs.auto_submitted not in {"", "no"}
        or signs.precedence == _AUTO_REPLY
        or bool(signs.auto_reply_headers)
        or _local_part(parsed.sender.address) in _DAEMONS
        or is_returned(parsed, key=key)
    )


def is_returned(parsed: ParsedMessage, *, key: bytes) -> bool:
    """Whether it came to the signed address where refusals of a mail of ours come back."""
    return any(tag.kind == BOUNCE for one in _destinations(parsed) if (tag := read_tagged(one, key)) is not None)


def _destinations(parsed: ParsedMessage) -> list[str]:
    """Where it was sent, what the relays say before what the sender wrote."""
    written = (one.address for one in (*parsed.to, *parsed.cc) if one.address)
    return list(dict.fromkeys([*parsed.delivered_to, *written]))


def _local_part(address: str) -> str:
    return address.rpartition("@")[0].partition("+")[0].lower()


def is_one_of(address: str, ours: Collection[str]) -> bool:
    """Whether an address is one of `ours`, which are in small letters, with a tag after a plus sign or without."""
    small = address.strip().lower()
    return small in ours or f"{_local_part(small)}@{small.rpartition('@')[2]}" in ours


def is_robot(address: str) -> bool:
    """Whether nobody reads what is sent to this address, by its name."""
    return _ROBOT.search(_local_part(address)) is not None


def silence(
    parsed: ParsedMessage,
    *,
    ours: Collection[str],
    wanted: bool = True,
    mailbox_answers: bool = True,
    key: bytes = b"",
) -> Silence | None:
    """The first reason why no machine may answer this message, or None: the never-auto-reply list, in its order.

    `ours` holds our own addresses in small letters; `wanted` is False for history. Budgets are the outbox's.
    """
    signs, address = parsed.signs, parsed.sender.address
    checks = (
        (signs.return_path == "", Silence.NULL_SENDER),
        (signs.auto_submitted not in {"", "no"} or bool(signs.auto_reply_headers), Silence.AUTO_SUBMITTED),
        (signs.precedence == _AUTO_REPLY, Silence.AUTO_SUBMITTED),
        (signs.precedence in _BULK, Silence.BULK),
        (bool(signs.list_headers), Silence.LIST),
        (signs.auto_response_suppress.lower() not in {"", "none"}, Silence.SUPPRESSED),
        (signs.is_report or is_returned(parsed, key=key), Silence.REPORT),
        (not address, Silence.NO_ADDRESS),
        (_is_ours(parsed, ours), Silence.OURS),
        (is_robot(address) or _local_part(signs.return_path or "") in _DAEMONS, Silence.ROBOT),
        (signs.spam, Silence.SPAM),
        (not wanted, Silence.HISTORY),
        (not mailbox_answers, Silence.MAILBOX),
    )
    return next((found for applies, found in checks if applies), None)


def silence_by_hand(found: str, *, is_typed: bool) -> str:
    """What still forbids an acknowledgement once a person made a file of the message, as a code or an empty text.

    A person's eyes answer for spam; an address that they typed is neither missing nor ours.
    """
    lifted = {Silence.SPAM, *({Silence.NO_ADDRESS, Silence.OURS, Silence.ROBOT} if is_typed else ())}
    return "" if found in lifted else found


def _is_ours(parsed: ParsedMessage, ours: Collection[str]) -> bool:
    """An answer goes to Reply-To when there is one: neither may be an address of ours."""
    answered = [parsed.sender.address, *(one.address for one in parsed.reply_to)]
    return any(is_one_of(address, ours) for address in answered if address)


def is_refuted(words: str) -> bool:
    """Whether our mail server disowns the sender; `words` are those of `channels.email.authentication`."""
    return _REFUTED in words.split()


def is_unreadable(parsed: ParsedMessage) -> bool:
    """Whether so much of the text is lost that nobody can rely on the rest."""
    return parsed.lost > 0 and parsed.lost >= _LOST_SHARE * len(parsed.text)


def unreadable(parsed: ParsedMessage) -> Reason | None:
    """Why a message cannot even be looked at as mail: it is none, or it goes over a limit."""
    match parsed.problem:
        case Problem.NOT_A_MESSAGE:
            return Reason.NOT_A_MESSAGE
        case Problem.OVER_LIMIT:
            return Reason.OVER_LIMIT
        case _:
            return None


def held_back(parsed: ParsedMessage, *, mailboxes: Collection[str], staff: Collection[str] = ()) -> Reason | None:
    """Why a message that continues nothing known opens no file by itself; None when it opens one.

    `mailboxes` and `staff` hold our addresses in small letters. What one of those forwards is another's complaint.
    """
    sender = parsed.sender.address
    if not sender:
        return Reason.NO_SENDER
    if parsed.forwarded.address and is_one_of(sender, {*mailboxes, *staff}):
        return Reason.FORWARDED
    if is_one_of(sender, mailboxes):
        return Reason.OWN_ADDRESS
    if parsed.signs.spam:
        return Reason.SPAM
    if is_unreadable(parsed):
        return Reason.UNREADABLE
    if not (parsed.subject.strip() or parsed.text.strip() or parsed.files):
        return Reason.EMPTY
    return None


def proposed(parsed: ParsedMessage, *, ours: Collection[str]) -> Person:
    """Who a message seems to speak for besides its sender; empty for nobody. Shown, never applied by itself.

    It is the author of the mail that it forwards; or, when a machine or one of ours sent it (a form on a site), the
    person whom it says to answer. Never one of `ours`: people forward our own answers back to us.
    """
    is_form = is_robot(parsed.sender.address) or is_one_of(parsed.sender.address, ours)
    candidates = [parsed.forwarded, *(parsed.reply_to if is_form else ())]
    others = (one for one in candidates if one.address and not is_one_of(one.address, ours))
    return next((one for one in others if one.address.lower() != parsed.sender.address.lower()), Person("", ""))


def fate(
    parsed: ParsedMessage,
    *,
    is_machine: bool,
    is_twin: bool,
    match: Match | None,
    is_refuted: bool = False,
    mailboxes: Collection[str],
    staff: Collection[str] = (),
) -> tuple[Fate, Reason | None]:
    """What becomes of a read message, and why it waits when it does: the one chain of decisions.

    `match` is the file that its claims lead to. What a machine wrote joins a file, when it is known there or shows
    that it answers our mail, or waits: it opens none, reopens none. Any header makes a mail a machine's. A right
    reference from somebody who is not known there, or whom our own server disowns, attaches nothing.
    """
    if is_twin:
        return Fate.REPEATS, None
    if (reason := unreadable(parsed)) is not None:
        return Fate.WAITS, reason
    if is_machine:
        is_believed = match is not None and (match.is_shown or (match.is_known and not is_refuted))
        return (Fate.JOINS, None) if is_believed else (Fate.WAITS, Reason.AUTOMATIC)
    held = _held(match, is_refuted) if match is not None else None
    if match is not None and held is None:
        return Fate.CONTINUES, None
    reason = held_back(parsed, mailboxes=mailboxes, staff=staff) or held
    return (Fate.WAITS, reason) if reason is not None else (Fate.OPENS, None)


def _held(match: Match, is_refuted: bool) -> Reason | None:
    if not match.is_known:
        return Reason.HELD_SENDER
    if is_refuted:
        return Reason.FORGED
    return Reason.MERGED if match.is_merged else None


def claims(parsed: ParsedMessage, *, key: bytes) -> list[Claim]:
    """What a person's mail says that it continues, the surest first; never by its body.

    `key` signs our identifiers and addresses: what it did not sign is no claim.
    """
    return [
        *_signed_claims(thread_candidates(parsed), key),
        *_tagged_claims(parsed, key),
        *_subject_claim(parsed),
    ]


def answers(parsed: ParsedMessage, *, key: bytes) -> list[Claim]:
    """What a machine's mail says that it answers, the surest first: the mail that it brings back, its own headers,
    the address that it came to, the subject that it repeats. Nothing is opened by any of them.
    """
    named: dict[str, Rule] = {}
    for rule, one in [(Rule.RETURNED, one) for one in parsed.answered] + thread_candidates(parsed):
        named.setdefault(one, Rule(rule))
    signed = _signed_claims([(rule, one) for one, rule in named.items()], key)
    return [*signed, *_tagged_claims(parsed, key), *_subject_claim(parsed)]


def _signed_claims(candidates: Iterable[tuple[str, str]], key: bytes) -> list[Claim]:
    read = [(rule, read_message_id(one, key)) for rule, one in candidates]
    return [Claim(Rule(rule), one.complaint_id, one.notice_id) for rule, one in read if one is not None]


def _tagged_claims(parsed: ParsedMessage, key: bytes) -> list[Claim]:
    tags = [tag for one in _destinations(parsed) if (tag := read_tagged(one, key)) is not None]
    return [
        Claim(Rule.PLUS_ADDRESS, notice_id=tag.about)
        if tag.kind == BOUNCE
        else Claim(Rule.PLUS_ADDRESS, complaint_id=tag.about)
        for tag in tags
    ]


def _subject_claim(parsed: ParsedMessage) -> list[Claim]:
    reference = cited_reference(parsed.subject)
    return [Claim(Rule.SUBJECT, reference=reference)] if reference else []


def cited_reference(subject: str) -> str:
    """The one reference that a subject cites, its check letter right; empty for none, and for two different ones."""
    plain = subject.translate(_HYPHENS).upper()
    found = {one for one in _REFERENCE.findall(plain) if is_reference(one)}
    return found.pop() if len(found) == 1 else ""


def bounced(report: Iterable[ReportedRecipient], *, to: str, is_returned: bool) -> Bounced | None:
    """What a delivery report says of our mail to `to`; None when it is late, relayed or delivered.

    RFC 3464 §2.3.3: only `failed` says that it will not arrive. The first figure of the status says whether trying
    again is useless (RFC 3463 §2), but of the recipient that it names: when that is somebody to whom our mail was
    passed on, the address that we wrote to works. A report that names nobody is about `to` when it came to the signed
    address where refusals of that mail come back (`is_returned`).
    """
    failed = [one for one in report if one.action == "failed"]
    if not failed:
        return None
    ours = next((one for one in failed if names(one, to)), None)
    is_about_us = ours is not None or (is_returned and not any(one.address or one.original for one in failed))
    said = ours or failed[0]
    words = " ".join(said.diagnostic.split())[:500]
    return Bounced(said.status, words, is_permanent=is_about_us and said.status.startswith("5"))


def names(one: ReportedRecipient, address: str) -> bool:
    """Whether a report names this address: as where the mail failed, or as where it was sent at first."""
    wanted = normal_email(address)
    return bool(wanted) and wanted in {normal_email(one.address), normal_email(one.original)}


def is_signed_for(parsed: ParsedMessage, about: Collection[UUID], *, key: bytes) -> bool:
    """Whether it came to an address that we signed for one of these: a file, a mail of ours."""
    tags = (read_tagged(one, key) for one in _destinations(parsed))
    return any(tag.about in about for tag in tags if tag is not None)


def shows_answer(parsed: ParsedMessage, *, to: str) -> bool:
    """Whether a machine's mail that cites our mail to `to` shows by itself that it comes from where that mail went.

    A mail server's report names the recipient; a responder that writes under another address, as some do for absences,
    is of the recipient's domain. An identifier alone shows nothing: whoever saw our mail has it.
    """
    signs, sender = parsed.signs, parsed.sender.address
    if signs.return_path == "" or _local_part(sender) in _DAEMONS:
        return any(names(one, to) for one in parsed.report)
    domain = normal_email(to).rpartition("@")[2]
    return bool(domain) and normal_email(sender).rpartition("@")[2] == domain


def thread_candidates(parsed: ParsedMessage) -> list[tuple[str, str]]:
    """The identifiers by which a message may name what it answers, the surest first, each with the rule it is under.

    What it answers directly comes first; then References, which lists a thread from its beginning, from its end.
    """
    named: list[tuple[str, str]] = [(Rule.IN_REPLY_TO, one) for one in parsed.in_reply_to]
    return named + [(Rule.REFERENCES, one) for one in reversed(parsed.references) if one not in parsed.in_reply_to]


def why_filed(because: str) -> str:
    """The reason, trimmed, with which a message is set aside. Raises FiledWithoutReason."""
    if not because.strip():
        raise FiledWithoutReason
    return " ".join(because.split())
