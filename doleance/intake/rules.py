"""What becomes of a message, who is never answered by a machine, and what a person may do in quarantine."""

import re
from collections.abc import Collection

from doleance.channels.rules import ParsedMessage, Problem, Reason
from doleance.kernel.errors import Refusal
from doleance.kernel.kinds import Kind

# A text of which one character in five is lost says nothing for sure.
_LOST_SHARE = 0.2
_ROBOT = re.compile(
    r"no[-_.]?reply|do[-_.]?not[-_.]?reply|ne[-_.]?pas[-_.]?repondre|mailer[-_.]?daemon|^postmaster$|^bounces?$"
)
_DAEMONS = frozenset({"mailer-daemon", "postmaster", "mailerdaemon", "mail-daemon"})
_BULK = frozenset({"bulk", "list", "junk"})
_AUTO_REPLY = "auto_reply"


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


class NotAcknowledged(Refusal):
    """No machine may answer this message."""

    code = "not_acknowledged"
    sentence = "Aucun accusé de réception n’est parti\u00a0: {why}."


class UnknownReference(Refusal):
    """No file of that reference is there for this person."""

    code = "unknown_reference"
    sentence = "Aucun dossier ne porte cette référence. Vérifiez-la, la dernière lettre comprise."


class AddressUnreadable(Refusal):
    """What was typed is no mail address."""

    code = "address_unreadable"
    sentence = "Cette adresse ne se lit pas. Corrigez-la, ou laissez-la vide pour ouvrir un dossier sans contact."


class FiledWithoutReason(Refusal):
    """A message is not set aside without saying why."""

    code = "filed_without_reason"
    sentence = "Écrivez en quelques mots pourquoi ce n’est pas une réclamation."


def is_automatic(parsed: ParsedMessage) -> bool:
    """Whether a machine wrote it in answer to something: a bounce, a delivery report, an absence.

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
    )


def _local_part(address: str) -> str:
    return address.rpartition("@")[0].partition("+")[0].lower()


def is_robot(address: str) -> bool:
    """Whether nobody reads what is sent to this address, by its name."""
    return _ROBOT.search(_local_part(address)) is not None


def may_acknowledge(
    parsed: ParsedMessage, *, ours: Collection[str], wanted: bool = True, mailbox_answers: bool = True
) -> None:
    """Raise NotAcknowledged, with its `Silence`, when no machine may answer this message.

    `ours` holds our own addresses in small letters; `wanted` is False for history. Budgets are the outbox's.
    """
    found = silence(parsed, ours=ours, wanted=wanted, mailbox_answers=mailbox_answers)
    if found is not None:
        raise NotAcknowledged(reason=found.value, why=found)


def silence(
    parsed: ParsedMessage, *, ours: Collection[str], wanted: bool = True, mailbox_answers: bool = True
) -> Silence | None:
    """The first reason why no machine may answer this message, or None: the never-auto-reply list, in its order."""
    signs, address = parsed.signs, parsed.sender.address
    checks = (
        (signs.return_path == "", Silence.NULL_SENDER),
        (signs.auto_submitted not in {"", "no"} or bool(signs.auto_reply_headers), Silence.AUTO_SUBMITTED),
        (signs.precedence == _AUTO_REPLY, Silence.AUTO_SUBMITTED),
        (signs.precedence in _BULK, Silence.BULK),
        (bool(signs.list_headers), Silence.LIST),
        (signs.auto_response_suppress.lower() not in {"", "none"}, Silence.SUPPRESSED),
        (signs.is_report, Silence.REPORT),
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
    return any(address.lower() in ours for address in answered if address)


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


def held_back(parsed: ParsedMessage, *, mailboxes: Collection[str]) -> Reason | None:
    """Why a message that continues nothing known opens no file by itself; None when it opens one.

    `mailboxes` holds the addresses of our mailboxes in small letters.
    """
    if not parsed.sender.address:
        return Reason.NO_SENDER
    if parsed.sender.address.lower() in mailboxes:
        return Reason.OWN_ADDRESS
    if parsed.signs.spam:
        return Reason.SPAM
    if is_unreadable(parsed):
        return Reason.UNREADABLE
    if not (parsed.subject.strip() or parsed.text.strip() or parsed.files):
        return Reason.EMPTY
    return None


def thread_candidates(parsed: ParsedMessage) -> list[tuple[str, str]]:
    """The identifiers by which a message may name what it answers, the surest first, each with the rule it is under.

    What it answers directly comes first; then References, which lists a thread from its beginning, from its end.
    """
    named = [("in_reply_to", one) for one in parsed.in_reply_to]
    return named + [("references", one) for one in reversed(parsed.references) if one not in parsed.in_reply_to]


def answered_candidates(parsed: ParsedMessage) -> list[str]:
    """The identifiers by which a machine names the mail of ours that it answers, the surest first.

    Inside a report even the quoted text counts: a signature proves the mail, and nothing is opened by it.
    """
    return list(dict.fromkeys([*parsed.answered, *(one for _, one in thread_candidates(parsed))]))


def why_filed(because: str) -> str:
    """The reason, trimmed, with which a message is set aside. Raises FiledWithoutReason."""
    if not because.strip():
        raise FiledWithoutReason
    return " ".join(because.split())
