"""Mails to our own people about a mailbox: that it stopped, that it is back, that it can send. Never about a file."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from django.conf import settings
from django.urls import reverse

from doleance.accounts.models import User
from doleance.channels import mailboxes as rules
from doleance.channels import queries as channels
from doleance.channels.email import outgoing
from doleance.channels.email.compose import Outgoing, compose, wire_address
from doleance.channels.mailboxes import News, Trouble
from doleance.channels.models import Mailbox
from doleance.channels.rules import MailboxError
from doleance.intake.models import Draft
from doleance.kernel import delays, languages, moments
from doleance.kernel.errors import ChannelError
from doleance.kernel.tongue import Tongue

# Names our own mails apart from every other identifier.
_SPACE = UUID("6f0e2b1c-5c39-4d1b-9a53-27f3c5f2b0aa")


@dataclass(frozen=True, slots=True)
class Bulletin:
    """What is told of a mailbox, and since when; `error` is a code of `MailboxError`, or empty."""

    news: News
    at: datetime
    trouble: Trouble | None = None
    since: datetime | None = None
    error: str = ""


def sentence(found: Trouble, address: str, *, when: str, error: str, say: Tongue) -> str:
    """What is wrong with a mailbox, in one sentence of the language `say`: banners and mails use the same words.

    `when` is since when (`delays.since`).
    """
    match found:
        case Trouble.FAILING:
            told = say.say("La boîte {address} ne reçoit plus {when}.", address=address, when=when)
            return f"{told} {why(error, say)}" if error in set(MailboxError) else told
        case Trouble.FLAWED:
            told = say.say("La boîte {address} reçoit, mais un point est à régler {when}.", address=address, when=when)
            return f"{told} {why(error, say)}" if error in set(MailboxError) else told
        case Trouble.QUIET:
            return say.say(
                "Rien n’arrive plus dans la boîte {address} {when}, plus longtemps que d’ordinaire.",
                address=address,
                when=when,
            )
        case Trouble.UNCHECKED:
            return say.say(
                "La boîte {address} n’est plus relevée {when} : le travail de fond de Doléance est peut-être arrêté.",
                address=address,
                when=when,
            )


# The mailboxes that nobody checked, as the last watch of this process saw them, and when that was.
_UNCHECKED: dict[UUID, datetime] = {}
_WATCHED_EVERY = timedelta(minutes=10)  # a watch runs each five; a longer pause is a computer that slept


def lasts(mailbox: Mailbox, *, at: datetime) -> bool:
    """Whether a mailbox is unchecked for the second watch in a row: the worker is awake, and does not come to it.

    A computer that was off all Sunday finds all its mailboxes unchecked on Monday, once.
    """
    health = channels.health_of(mailbox, channels.known_health(mailbox))
    if rules.trouble(health, at=at) is not Trouble.UNCHECKED:
        _UNCHECKED.pop(mailbox.id, None)
        return False
    before = _UNCHECKED.get(mailbox.id)
    _UNCHECKED[mailbox.id] = at
    return before is not None and timedelta(0) < at - before <= _WATCHED_EVERY


def why(error: str, say: Tongue) -> str:
    """Why it cannot be fetched, as a sentence."""
    return f"{say.translate(MailboxError(error).label)}."


def tell(*, mailbox: Mailbox, person: User, bulletin: Bulletin) -> str:
    """Write to one person about a mailbox, by the first way that works; what the server said.

    Raises ChannelError when no way took it. After a try of which nobody knows whether it left, the next way is tried:
    an alarm read twice is better than one that is not, and both bear one Message-ID.
    """
    say = languages.tongue(mailbox.entity.language)
    subject, text = _words(mailbox, bulletin, say)
    message_id = _message_id(mailbox, f"{mailbox.id}:{bulletin.news}:{bulletin.at.isoformat()}:{person.id}")
    for way in ways(mailbox):
        try:
            return _carry(way, person, subject, text, message_id, bulletin.at, say.code)
        except ChannelError:
            continue
    raise ChannelError("no way out took it", permanent=False)


def tell_stuck(*, draft: Draft, person: User, at: datetime, error: str) -> str:
    """Write to one person about a form that cannot become a file; what the server said. Raises ChannelError."""
    say = languages.tongue(draft.entity.language)
    text = _paragraphs(
        say.say("Une réclamation envoyée par le formulaire n’a pas pu ouvrir son dossier."),
        say.say(
            "Elle est gardée telle qu’elle a été envoyée, avec sa date de réception, et Doléance réessaie chaque "
            "minute. Donnez ces lignes à la personne qui s’occupe de l’installation."
        ),
        f"{draft.id}\n{error}",
    )
    subject = say.say("Alarme\u00a0: une réclamation attend sans dossier")
    message_id = f"<{uuid5(_SPACE, f'form:{draft.id}:{person.id}')}@{wire_address(person.email).rpartition('@')[2]}>"
    for way in ways(None):
        try:
            return _carry(way, person, subject, text, message_id, at, say.code)
        except ChannelError:
            continue
    raise ChannelError("no way out took it", permanent=False)


def try_out(*, mailbox: Mailbox, person: User, at: datetime) -> str:
    """Send one person a mail from a mailbox, by its own way; what the server said. Raises ChannelError."""
    say = languages.reader()
    subject = say.say("Essai d’envoi depuis {address}", address=mailbox.address)
    text = _paragraphs(
        say.say(
            "Ce courriel vient de Doléance, par le serveur d’envoi de {address}. Vous le lisez : les réponses de "
            "cette adresse partent.",
            address=mailbox.address,
        ),
        say.say(
            "S’il est arrivé parmi les indésirables, vérifiez SPF, DKIM et DMARC chez qui tient votre nom de domaine."
        ),
    )
    message_id = _message_id(mailbox, f"{mailbox.id}:try:{at.isoformat()}:{person.id}")
    return _carry(mailbox, person, subject, text, message_id, at, say.code)


def ways(about: Mailbox | None) -> list[Mailbox | None]:
    """By whose servers an alarm about a mailbox may leave, the likeliest to work first; None is the installation's.

    The mailbox's own comes last: what keeps it from receiving mostly keeps it from sending. One that nothing is set
    for is left out.
    """
    others = [one for one in channels.mailboxes() if one.is_active and one.smtp_host and one != about]
    sound = [one for one in others if not (health := channels.known_health(one)) or health.failing_since is None]
    rest = [one for one in others if one not in sound]
    own = [about] if about is not None and about.smtp_host else []
    wanted: list[Mailbox | None] = [*sound, None, *rest, *own]
    if settings.DOLEANCE_SINK:
        return [about]
    return [one for one in wanted if outgoing.has_way_out(one) and outgoing.sender_of(one)[1]]


def _message_id(about: Mailbox, name: str) -> str:
    """One identifier for one mail, whichever way it takes."""
    return f"<{uuid5(_SPACE, name)}@{wire_address(about.address).rpartition('@')[2]}>"


def _carry(
    way: Mailbox | None, person: User, subject: str, text: str, message_id: str, at: datetime, language: str
) -> str:
    out = outgoing.way_out(way)
    sender, address = outgoing.sender_of(way)
    if out is None or not address:
        raise ChannelError("no way out", permanent=False)
    mail = compose(
        Outgoing(
            from_address=address,
            from_name=sender or "Doléance",
            to_address=person.email,
            subject=subject,
            text=text,
            message_id=message_id,
            at=at,
            language=language,
            automatic=True,
        )
    )
    name = f"{at:%Y%m%d-%H%M%S}-{message_id[1:9]}"
    return outgoing.carry(mail, way=out, envelope_from=address, to=person.email, name=name)


def _words(mailbox: Mailbox, bulletin: Bulletin, say: Tongue) -> tuple[str, str]:
    """The subject and the text of an alarm."""
    link = settings.DOLEANCE_URL + reverse("setup_mailbox", args=[mailbox.id])
    zone, address = mailbox.entity.time_zone, mailbox.address
    if bulletin.news is News.BACK:
        told = say.say(
            "La boîte {address} reçoit de nouveau : elle a été relevée jusqu’au bout, {when}.",
            address=address,
            when=moments.short_moment(bulletin.at, zone, say),
        )
        after = say.say("Les courriels arrivés entre-temps sont relevés avec leur vraie date de réception.")
        return say.say("Rétabli : {address} reçoit de nouveau", address=address), _paragraphs(told, after, link)
    assert bulletin.trouble is not None
    when = delays.since(bulletin.since or bulletin.at, zone, bulletin.at, say)
    told = sentence(bulletin.trouble, address, when=when, error=bulletin.error, say=say)
    waiting = say.say(
        "Les réclamations qui y arrivent attendent sur le serveur de messagerie : elles ne sont pas perdues, mais "
        "personne ne les voit. Sur la page de la boîte, « Essayer la réception » dit ce qui manque."
    )
    after = say.say("Vous recevrez un autre courriel quand elle recevra de nouveau, et aucun d’ici là.")
    subject = say.say("Alarme : {address} ne reçoit plus", address=address)
    return subject, _paragraphs(told, waiting, link, after)


def _paragraphs(*told: str) -> str:
    return "\n\n".join(told)


def told(mailbox: Mailbox, *, at: datetime, say: Tongue) -> str:
    """What is wrong with a mailbox whose health is at hand, in one sentence; empty when all is well."""
    known = channels.known_health(mailbox)
    health = channels.health_of(mailbox, known)
    found = rules.trouble(health, at=at)
    since = rules.since(found, health) if found else None
    if found is None or since is None or known is None:
        return ""
    when = delays.since(since, mailbox.entity.time_zone, at, say)
    return sentence(found, mailbox.address, when=when, error=known.error, say=say)
