"""What may leave, when, in which order, how often; what a person may still do about it.

The promise (reliability.md §1, I3): of each intent at most one copy leaves; when nobody can tell whether it left, it
is *uncertain* and waits for a person.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from doleance.kernel.errors import Refusal
from doleance.kernel.kinds import Kind, gettext_noop
from doleance.packs.rules import ClockKind


class Purpose(Kind):
    """Why a mail leaves; it decides what its leaving settles."""

    ACKNOWLEDGEMENT = "acknowledgement", "Accusé de réception"
    REPLY = "reply", "Message"
    HOLDING = "holding", "Réponse d’attente"
    FINAL = "final", "Réponse finale"
    CODE = "code", "Code de suivi"
    POINTER = "pointer", "Renvoi à notre réponse"


class Way(Kind):
    """How a notice leaves the house."""

    EMAIL = "email", "Courriel"
    POST = "post", "Courrier"
    PAGE = "page", "Page de suivi"


class Scope(Kind):
    """What a breaker keeps silent."""

    SENDER = "sender", "Une adresse"
    DOMAIN = "domain", "Un domaine"
    THREAD = "thread", "Un échange"


# The duty that each mail settles when it has left; what that settles in turn is `deadlines.rules.clocks.MEETS`.
MEETS: dict[Purpose, ClockKind] = {
    Purpose.ACKNOWLEDGEMENT: ClockKind.ACKNOWLEDGE,
    Purpose.REPLY: ClockKind.PROGRESS,
    Purpose.HOLDING: ClockKind.HOLDING,
    Purpose.FINAL: ClockKind.FINAL,
}


class NoticeState(Kind):
    """Where an outgoing mail stands."""

    QUEUED = "queued", "En attente de départ"
    SENDING = "sending", "En train de partir"
    SENT = "sent", "Envoyé"
    FAILED = "failed", "Échec"
    UNCERTAIN = "uncertain", "Départ incertain"
    RETAINED = "retained", "Retenu"
    NO_CHANNEL = "no_channel", "Aucun envoi configuré"
    TO_PRINT = "to_print", "À imprimer"


S = NoticeState
MOVES: dict[NoticeState, frozenset[NoticeState]] = {
    # SENT from QUEUED: proof came late, of a try that was given up for lost and that a person had ordered again.
    S.QUEUED: frozenset({S.SENDING, S.RETAINED, S.NO_CHANNEL, S.SENT}),
    S.SENDING: frozenset({S.SENT, S.QUEUED, S.FAILED, S.UNCERTAIN}),
    S.UNCERTAIN: frozenset({S.SENT, S.QUEUED, S.FAILED, S.TO_PRINT}),
    S.FAILED: frozenset({S.QUEUED, S.RETAINED}),
    S.NO_CHANNEL: frozenset({S.QUEUED, S.RETAINED}),
    S.TO_PRINT: frozenset({S.SENT, S.RETAINED}),
    S.SENT: frozenset(),
    S.RETAINED: frozenset(),
}
# What still waits to leave, or may have left unknown to us: a file is not closed over it.
LEAVING = frozenset({S.QUEUED, S.SENDING, S.FAILED, S.UNCERTAIN, S.NO_CHANNEL, S.TO_PRINT})
# Not at its end: what keeps the next mail of the same file waiting, so that the order of a conversation is kept. An
# acknowledgement that waits keeps nobody waiting: a person's word is worth more.
AHEAD = frozenset({S.QUEUED, S.SENDING})
# A final answer in one of these may still reach the complainant, or has: a second one would answer twice.
UNDER_WAY = AHEAD | {S.UNCERTAIN, S.TO_PRINT}
# What a person must decide about.
FOR_PEOPLE = frozenset({S.FAILED, S.UNCERTAIN, S.NO_CHANNEL})

# A person's mail waits this long on the server, so that it can be taken back (ux.md §3.6).
UNDO_SECONDS = 15
# A mail found SENDING for longer than this was lost sight of. The wire itself gives up after five minutes.
LEASE = timedelta(minutes=10)
# How long after an answer left somebody may still be told where it is, when that was lost.
POINTED_WITHIN = timedelta(days=30)
# How late a job may be before the sweep takes it for lost.
GRACE = timedelta(minutes=1)
# A mail that keeps failing is shown to people from then on, while it is still being tried.
SLOW_AFTER = timedelta(hours=1)
# How long to wait before the next try, by how late the mail already is. RFC 5321 §4.5.4.1: at first a few quick tries,
# then every few hours, and give up after four to five days.
_BACK_OFF = (
    (timedelta(minutes=3), timedelta(minutes=1)),
    (timedelta(minutes=20), timedelta(minutes=5)),
    (timedelta(hours=1), timedelta(minutes=15)),
    (timedelta(hours=6), timedelta(hours=1)),
)
_LONGEST_WAIT = timedelta(hours=6)
GIVE_UP_AFTER = timedelta(days=5)

# Acknowledgements to one address (reliability.md §2): a machine that writes is not answered at its pace.
PER_HOUR, PER_DAY = 1, 3
# References that one grouped acknowledgement names at most; the others take the next one.
GROUP_LIMIT = 100
# What an envelope holds: six lines, of 38 signs in the French norm, a little more in the window of a DL envelope.
_POSTAL_LINES, _POSTAL_COLUMNS = 6, 40
# Identifiers a References header keeps: the first, which names the thread, and the last ones.
_REFERENCES = 20


class TooLateToRetain(Refusal):
    """It has left, or is leaving: nothing calls a mail back."""

    code = "too_late_to_retain"
    sentence = "Trop tard : ce courriel est parti. Écrivez-en un autre pour le corriger."


class NothingToDecide(Refusal):
    """Somebody else decided, or the proof came in the meantime."""

    code = "nothing_to_decide"
    sentence = "Il n’y a plus rien à décider pour cet envoi : il est « {state} »."


class Replaced(Refusal):
    """Another final answer took its place: nobody is answered twice."""

    code = "notice_replaced"
    sentence = "Une autre réponse finale a pris la place de celle-ci. Retirez celle-ci : elle ne doit plus partir."


class BadAddress(Refusal):
    """The address cannot receive mail as it is written."""

    code = "bad_address"
    sentence = "L’adresse « {address} » n’est pas une adresse de courriel. Corrigez-la : votre texte est gardé."


class BadPostal(Refusal):
    """A letter needs an envelope that a postman can read."""

    code = "bad_postal"
    sentence = (
        "Écrivez l’adresse postale comme sur l’enveloppe\u00a0: le nom, la rue, puis le code postal et la ville, "
        "une ligne chacun, six lignes au plus, de quarante signes au plus. Votre texte est gardé."
    )


class WrongDay(Refusal):
    """A letter is posted between the day it was written and today."""

    code = "wrong_day"
    sentence = "Le jour du dépôt est entre le jour où la lettre a été écrite et aujourd’hui. Corrigez la date."


class LetterNotWaiting(Refusal):
    """One of the letters was posted or taken back meanwhile: none of them is noted."""

    code = "letter_not_waiting"
    sentence = (
        "La lettre {reference} n’attend plus d’être postée\u00a0: elle est «\u00a0{state}\u00a0». Rien n’a été noté. "
        "Choisissez sans elle."
    )


class LetterWrongDay(Refusal):
    """One of the letters cannot have been posted that day: none of them is noted."""

    code = "letter_wrong_day"
    sentence = (
        "La lettre {reference} ne peut pas avoir été postée ce jour-là\u00a0: le dépôt est entre le jour où elle a "
        "été écrite et aujourd’hui. Rien n’a été noté. Corrigez la date, ou choisissez sans elle."
    )


class Decision(Kind):
    """What a person says of a mail that nobody knows about."""

    LEFT = "left", "Noter qu’il est parti"
    SEND_AGAIN = "send_again", "L’envoyer à nouveau"


@dataclass(frozen=True, slots=True)
class Place:
    """What the mail is in its thread: `parent` is what it answers, `chain` the References header."""

    parent: str
    chain: tuple[str, ...]


def may_retain(state: NoticeState) -> None:
    """Raise TooLateToRetain unless the mail is still in the house for sure."""
    if S.RETAINED not in MOVES[state]:
        raise TooLateToRetain


def may_decide(state: NoticeState) -> None:
    """Raise NothingToDecide unless the mail is uncertain."""
    if state is not S.UNCERTAIN:
        raise NothingToDecide(state=state)


def may_mark_posted(state: NoticeState, way: Way) -> None:
    """Raise NothingToDecide unless it is a letter that waits to be posted, or that may have been."""
    if way is not Way.POST or state not in {S.TO_PRINT, S.UNCERTAIN}:
        raise NothingToDecide(state=state)


def postal_lines(text: str) -> tuple[str, ...]:
    """The lines of an envelope, trimmed, empty ones left out. Raises BadPostal.

    Two at least, six at most (EN 14142-1 has no more, and a window shows no more), none wider than a window.
    """
    lines = tuple(" ".join(line.split()) for line in text.splitlines() if line.strip())
    if not 2 <= len(lines) <= _POSTAL_LINES or any(len(line) > _POSTAL_COLUMNS for line in lines):
        raise BadPostal
    return lines


def deliverable(text: str) -> str:
    """A postal address that a machine may write to, else an empty text: a person sees to the others."""
    try:
        postal_lines(text)
    except BadPostal:
        return ""
    return text


def sender_lines(*, name: str, postal: str, phone: str, address: str) -> tuple[str, ...]:
    """Who writes a letter, line by line, as its head says: the house, where it is, how it is reached."""
    lines = (name, *postal.splitlines(), phone, address)
    return tuple(one.strip() for one in lines if one.strip())


def posted_at(*, posted_on: date, written_at: datetime, at: datetime, zone: tzinfo) -> datetime:
    """The moment that stands for a posting day, and that deadlines are met at: its noon there, never in the future.

    Nobody notes the hour; noon is in that day whatever the clock does, and the day is what a postmark shows. A letter
    did not leave before it was written. Raises WrongDay for a day that is no possible one.
    """
    if not written_at.astimezone(zone).date() <= posted_on <= at.astimezone(zone).date():
        raise WrongDay
    noon = datetime.combine(posted_on, time(12), tzinfo=zone).astimezone(UTC)
    return max(written_at, min(noon, at))


def may_send_again(state: NoticeState) -> None:
    """Raise NothingToDecide unless the mail surely did not leave and is no longer tried."""
    if state not in {S.FAILED, S.NO_CHANNEL}:
        raise NothingToDecide(state=state)


_NO_MAILBOX = re.compile(r"recipient: (55[0134])(?:[ -]5\.(\d+)\.\d+)?\b")


def refuses_recipient(error: str) -> bool:
    """Whether a server's last word says, for good, that nobody is at this address.

    Its answer to RCPT (`channels.email.smtp` names the step): 550, 551, 553, 554 (RFC 5321 §4.2.3), unless its
    enhanced status blames something else than the address or the mailbox: 5.7, a policy (RFC 3463 §3).
    """
    found = _NO_MAILBOX.match(error)
    return found is not None and found[2] in {None, "1", "2"}


def settles(*, state: NoticeState, attempts: int, attempt: int, to: NoticeState) -> bool:
    """Whether the end of try number `attempt` still decides the state of a mail tried `attempts` times.

    A worker that was stopped for an hour brings true news late: it is believed as long as no later try began.
    """
    return attempts == attempt and to in MOVES[state]


def retry_at(*, due_at: datetime, at: datetime) -> datetime | None:
    """When to try again a mail that should have left at `due_at`, or None when it is time to give up."""
    late = at - due_at
    wait = next((wait for limit, wait in _BACK_OFF if late < limit), _LONGEST_WAIT)
    return at + wait if late + wait <= GIVE_UP_AFTER else None


def budget_key(normal: str) -> str:
    """The mailbox that acknowledgements to a normal address are counted for: without the tag after a plus sign.

    `victim+1@` and `victim+2@` mostly lead to one box (RFC 5233), and a box has one budget however it is spelled.
    """
    local, at_sign, domain = normal.rpartition("@")
    return (local.partition("+")[0] or local) + at_sign + domain


def next_slot(*, left: Sequence[datetime], at: datetime) -> datetime:
    """The first moment, `at` or later, when one more acknowledgement may leave for an address.

    `left` holds the moments when acknowledgements left for it, or may have left.
    """
    latest = sorted(left, reverse=True)
    slots = [at]
    if len(latest) >= PER_HOUR:
        slots.append(latest[PER_HOUR - 1] + timedelta(hours=1))
    if len(latest) >= PER_DAY:
        slots.append(latest[PER_DAY - 1] + timedelta(days=1))
    return max(slots)


def place(*, parent: str, parent_chain: Sequence[str], ours: Sequence[str]) -> Place:
    """Where a new mail hangs: under `parent`, the last mail of the complainant, after what we sent ourselves (`ours`).

    Without a parent, which happens when their mail had no identifier, it hangs under our own last one.
    """
    chain = list(dict.fromkeys([*parent_chain, *ours]))
    if parent:
        chain = [one for one in chain if one != parent] + [parent]
    if len(chain) > _REFERENCES:
        chain = chain[:1] + chain[1 - _REFERENCES :]
    return Place(parent=chain[-1] if chain else "", chain=tuple(chain))


def seconds_left(*, not_before: datetime, at: datetime) -> int:
    """Whole seconds before a queued mail may leave, rounded up: never « 0 s » while it can be taken back."""
    return max(0, -int((at - not_before).total_seconds() // 1))


def words(
    *,
    state: NoticeState,
    not_before: datetime,
    error: str,
    at: datetime,
    bounce: str = "",
    posted_on: str = "",
    way: Way = Way.EMAIL,
    is_behind: bool = False,
) -> tuple[str, dict[str, object]]:
    """How the dossier says where a mail stands: a French msgid and its facts.

    `error` is what the last try said, `bounce` what came back, `posted_on` the posting day of a letter, in words;
    `is_behind` says that an earlier mail of the file keeps it waiting.
    """
    if bounce:
        return gettext_noop("refusé par le serveur du destinataire\u00a0: {bounce}"), {"bounce": bounce}
    if posted_on:
        return gettext_noop("posté {day}"), {"day": posted_on}
    if state is S.QUEUED and way is Way.PAGE:
        seconds = seconds_left(not_before=not_before, at=at)
        return gettext_noop("paraît dans {seconds} s sur sa page de suivi"), {"seconds": seconds}
    if state is S.UNCERTAIN and way is Way.POST:
        return gettext_noop("peut-être déjà postée\u00a0: remettez-la à poster, ou notez-y son jour"), {}
    if state is S.QUEUED and is_behind and not error and not_before <= at:
        return gettext_noop("attend un envoi précédent"), {}
    return _words_of_leaving(state, not_before, error, at)


def _words_of_leaving(
    state: NoticeState, not_before: datetime, error: str, at: datetime
) -> tuple[str, dict[str, object]]:
    if error in CAUSES and state in {S.QUEUED, S.FAILED, S.RETAINED}:
        return CAUSES[error], {}
    if state is not S.QUEUED:
        return WORDS[state], {}
    if error:
        return gettext_noop("n’a pas encore pu partir ; nouvel essai bientôt"), {}
    seconds = seconds_left(not_before=not_before, at=at)
    if seconds > 60:
        return gettext_noop("différé : partira groupé avec d’autres accusés de réception"), {}
    if seconds == 0:
        return WORDS[S.QUEUED], {}
    return gettext_noop("part dans {seconds} s"), {"seconds": seconds}


# What `Notice.last_error` says of what no person wrote, kept in the house because nothing arrives at its address.
UNREACHABLE = "unreachable"
# Causes that our own people can mend, by what `channels.email.outgoing` and `breakers` say of them.
CAUSES: dict[str, str] = {
    "suspended": gettext_noop("suspendu\u00a0: trop de courriels échangés avec cette adresse, voir Envois"),
    "suspended_domain": gettext_noop("suspendu\u00a0: trop de courriels échangés avec ce domaine, voir Envois"),
    "suspended_thread": gettext_noop("suspendu\u00a0: trop de courriels échangés dans ce dossier, voir Envois"),
    UNREACHABLE: gettext_noop("n’est pas parti\u00a0: rien n’arrive à cette adresse"),
    "password_unreadable": gettext_noop(
        "n’est pas parti : le mot de passe du serveur d’envoi ne se lit plus, un administrateur doit le saisir de "
        "nouveau"
    ),
}
WORDS: dict[NoticeState, str] = {
    S.QUEUED: gettext_noop("part maintenant"),
    S.SENDING: gettext_noop("en train de partir"),
    S.SENT: gettext_noop("envoyé"),
    S.FAILED: gettext_noop("n’est pas parti : le serveur l’a refusé"),
    S.UNCERTAIN: gettext_noop("est peut-être parti : à vous de dire"),
    S.RETAINED: gettext_noop("retenu : il n’est pas parti"),
    S.NO_CHANNEL: gettext_noop("n’est pas parti : aucun envoi de courriel n’est configuré"),
    S.TO_PRINT: gettext_noop("à imprimer et à poster"),
}
