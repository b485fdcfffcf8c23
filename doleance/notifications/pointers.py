"""Where a merged file is told that its answer is given, and in what words."""

from collections.abc import Sequence
from dataclasses import dataclass

from doleance.complainants.rules import normal_email
from doleance.complaints import queries as complaints
from doleance.complaints.models import Complaint, TrackingKey
from doleance.kernel import languages
from doleance.kernel.kinds import gettext_noop
from doleance.notifications import letters, queries, rules
from doleance.notifications.letters import Letter
from doleance.notifications.rules import Way

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


def planned(kept: Complaint, *, to: str) -> list[Pointed]:
    """Who is told where the answer of `kept` is, when it goes to the mail address `to` (empty: it goes elsewhere)."""
    return told(complaints.merged_files(kept), to=to)


def told(stubs: Sequence[Complaint], *, to: str) -> list[Pointed]:
    """The same of files that are not merged yet. Each mailbox is told once: two files of one person are one line."""
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
