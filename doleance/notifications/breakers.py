"""When machines of ours stop writing somewhere until a person has looked, or a day of quiet has passed.

Pure rules. Receiving never stops, and what a person writes always leaves: only what no person wrote is kept back
(reliability.md §2).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import zip_longest

from doleance.kernel.errors import Refusal
from doleance.kernel.kinds import gettext_noop
from doleance.notifications.rules import Scope

# More mails than this in an hour from one address: no person writes so, or one who is not helped by an answer to each.
SENDER_PER_HOUR = 20
# A mail of ours, then a machine's, in one file: beyond, nobody reads us there.
ROUND_TRIPS = 4
# A machine answers within minutes, and its answer may open a file of its own: such round trips with one address count
# together, over a week.
PROMPT = timedelta(minutes=10)
PROMPT_WINDOW = timedelta(days=7)
# Automatic mails to one domain. A machine may give itself a new name at each answer; its domain it keeps.
DOMAIN_PER_HOUR, DOMAIN_PER_DAY = 20, 60
# A domain where anybody has a mailbox, or that a person vouched for: strangers to each other share it.
SHARED_PER_HOUR, SHARED_PER_DAY = 500, 5000
# What leaves one mailbox of ours by itself in an hour; beyond, it is deferred. Servers count it as bulk mail.
MAILBOX_PER_HOUR = 500
# No news of a machine for that long: it stopped.
QUIET = timedelta(days=1)
# For how long a person who resumed the mails to a domain vouches for it; and for how long mails that resumed by
# themselves after a quiet day do not do so again: what starts twice is a machine.
VOUCHED = timedelta(days=30)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# What `Notice.last_error` says of a mail that is kept back; `rules.CAUSES` says it to people.
SUSPENDED: dict[Scope, str] = {
    Scope.SENDER: "suspended",
    Scope.DOMAIN: "suspended_domain",
    Scope.THREAD: "suspended_thread",
}

# The large providers of mailboxes for anybody in France and around it, as their customers' addresses are written.
SHARED_DOMAINS = frozenset(
    {
        "aliceadsl.fr",
        "aol.com",
        "aol.fr",
        "bbox.fr",
        "bluewin.ch",
        "cegetel.net",
        "club-internet.fr",
        "free.fr",
        "gmail.com",
        "gmx.ch",
        "gmx.com",
        "gmx.de",
        "gmx.fr",
        "gmx.net",
        "googlemail.com",
        "hotmail.be",
        "hotmail.com",
        "hotmail.fr",
        "icloud.com",
        "laposte.net",
        "live.be",
        "live.com",
        "live.fr",
        "mac.com",
        "mail.com",
        "mailo.com",
        "me.com",
        "msn.com",
        "neuf.fr",
        "numericable.fr",
        "orange.fr",
        "outlook.be",
        "outlook.com",
        "outlook.fr",
        "pm.me",
        "posteo.net",
        "proton.me",
        "protonmail.com",
        "sfr.fr",
        "skynet.be",
        "t-online.de",
        "telenet.be",
        "tutanota.com",
        "voila.fr",
        "wanadoo.fr",
        "web.de",
        "yahoo.com",
        "yahoo.fr",
        "ymail.com",
        "zoho.com",
    }
)


class BreakerReleased(Refusal):
    """Somebody else resumed these mails, or they resumed by themselves after a quiet day."""

    code = "breaker_released"
    sentence = "Les courriels automatiques ont déjà repris ici."


def domain_of(normal: str) -> str:
    """The domain of a normal address; empty when there is none."""
    return normal.rpartition("@")[2]


def sender_is_over(mails: int) -> bool:
    """Whether that many mails from one address within an hour are too many."""
    return mails > SENDER_PER_HOUR


def domain_is_over(domain: str, *, left: Sequence[datetime], at: datetime, is_vouched: bool) -> bool:
    """Whether one more automatic mail to `domain` would be one too many; `left`: when those before it left."""
    is_shared = is_vouched or domain in SHARED_DOMAINS
    per_hour, per_day = (SHARED_PER_HOUR, SHARED_PER_DAY) if is_shared else (DOMAIN_PER_HOUR, DOMAIN_PER_DAY)
    in_hour = sum(moment > at - HOUR for moment in left)
    in_day = sum(moment > at - DAY for moment in left)
    return in_hour >= per_hour or in_day >= per_day


def thread_trips(
    *, ours: Sequence[tuple[datetime, bool]], machines: Sequence[datetime], people: Sequence[datetime]
) -> int:
    """How many mails of ours in a file a machine seems to have answered before the next one.

    `ours` says when each left, and whether no person wrote it. What answers is a mail that says it is automatic
    (`machines`), or any other (`people`): within minutes, or to what no person wrote.
    """
    starts = sorted(ours)
    ends = [moment for moment, _ in starts[1:]]
    return sum(
        _is_answered(start, end, by_itself, machines, people) for (start, by_itself), end in zip_longest(starts, ends)
    )


def _is_answered(
    start: datetime, end: datetime | None, by_itself: bool, machines: Sequence[datetime], people: Sequence[datetime]
) -> bool:
    def within(moment: datetime) -> bool:
        return start <= moment and (end is None or moment < end)

    prompt = start + PROMPT
    return any(within(one) for one in machines) or any(within(one) and (by_itself or one <= prompt) for one in people)


def prompt_round_trips(*, ours: Sequence[datetime], theirs: Sequence[datetime]) -> int:
    """How many automatic mails of ours to one address were answered from it within minutes."""
    arrivals = sorted(theirs)
    return sum(any(moment < arrival <= moment + PROMPT for arrival in arrivals) for moment in ours)


def thread_is_over(trips: int) -> bool:
    """Whether that many round trips in one file, or that many prompt ones with one address, are too many."""
    return trips > ROUND_TRIPS


def mailbox_slot(*, left: Sequence[datetime], waiting: int, at: datetime) -> datetime:
    """The first moment when one more automatic mail may leave a mailbox, `at` when it may now.

    `left` are the moments of the latest ones of this hour, `waiting` how many were put off already: each hour takes
    its share of them, so that none is put off twice.
    """
    within = sorted(moment for moment in left if moment > at - HOUR)
    if len(within) < MAILBOX_PER_HOUR:
        return at
    return within[-MAILBOX_PER_HOUR] + HOUR * (1 + waiting // MAILBOX_PER_HOUR)


def is_quiet(*, last: datetime, at: datetime) -> bool:
    """Whether nothing was heard for so long that machines may write again."""
    return at - last >= QUIET


def sentence_of(scope: Scope, count: int) -> str:
    """What a list says of a breaker: an address goes over by its pace, or by the promptness of its answers."""
    return _PROMPT if scope is Scope.SENDER and not sender_is_over(count) else SENTENCES[scope]


_PROMPT = gettext_noop(
    "{key} a répondu {count} fois en quelques minutes à nos courriels automatiques. C’est sans doute une machine\u00a0"
    ": Doléance ne lui écrit plus automatiquement."
)
# What a list says of each breaker; `{key}` is the address or domain, `{reference}` the file, `{count}` how many.
SENTENCES: dict[Scope, str] = {
    Scope.SENDER: gettext_noop(
        "{key} a envoyé {count} courriels en une heure. Doléance les reçoit tous et n’y répond plus automatiquement."
    ),
    Scope.DOMAIN: gettext_noop(
        "{count} courriels automatiques sont partis vers {key} en peu de temps. Une machine y change peut-être "
        "d’adresse à chaque réponse\u00a0: Doléance ne lui écrit plus automatiquement."
    ),
    Scope.THREAD: gettext_noop(
        "Dans le dossier {reference}, {count} de nos courriels ont eu une réponse automatique, ou venue en quelques "
        "minutes. C’est peut-être une machine\u00a0: Doléance n’y répond plus automatiquement."
    ),
}
