"""What `benchmarks.forms` asks of the product itself; Django stands."""

import time
from datetime import datetime

from django.http import HttpResponse

from benchmarks.visitor import worked
from doleance.accounts import actions as accounts
from doleance.accounts.rules import machine
from doleance.complaints.models import Complaint
from doleance.intake import weighing
from doleance.intake.actions import deposits, drafts
from doleance.intake.models import Draft
from doleance.kernel import clock
from doleance.portal import drafts as device
from doleance.portal.forms import summary

_BY = machine("benchmark")
_TEXT = "Ma commande n’est jamais arrivée, et personne ne me répond depuis trois semaines. Numéro {number}. " * 4


def furnish() -> None:
    """The house."""
    accounts.ensure_house(by=_BY, at=clock.now())


def answers(number: int) -> dict[str, dict[str, object]]:
    """What one person says, page by page."""
    return {
        "subject": {"branch": "other"},
        "story": {"text": _TEXT.format(number=number), "expected": ""},
        "facts": {"branch": "other", "facts": {}},
        "wishes": {"wishes": ["refund"], "wanted": ""},
        "contact": {"preferred": "email", "email": f"client{number}@c{number}.example", "name": f"Client {number}"},
    }


def begin(number: int) -> dict[str, str]:
    """A form that is ready to be sent: the cookie of the device that wrote it."""
    response = device.remember(HttpResponse(), begun(number).pk)
    return {name: morsel.value for name, morsel in response.cookies.items()}


def begun(number: int) -> Draft:
    """A draft with its answers."""
    at = clock.now()
    draft = drafts.begin(entity=accounts.ensure_house(by=_BY, at=at), language="fr", at=at)
    for page, said in answers(number).items():
        draft = drafts.keep(draft=draft, page=page, answers=said, at=at)
    return draft


def by_the_action(count: int) -> float:
    """Forms a second that the action takes in, one after the other, in this process.

    Each is made ready just before it is sent: what is asked of one grows while others are sent.
    """
    spent, first = 0.0, 10_000_000
    for number in range(count):
        draft, effort, network = _ready(first + number)
        began = time.monotonic()
        _send(draft, effort, network, clock.now())
        spent += time.monotonic() - began
    return round(count / spent, 1)


def _ready(number: int) -> tuple[Draft, str, str]:
    draft, network = begun(number), f"203.0.{number // 250 % 250}.{number % 250}"
    email = str(draft.answers["contact"]["email"])
    asked = weighing.asked(draft=draft.id, email=email, network=network, at=clock.now())
    told = {"challenge": asked.challenge, "bits": str(asked.bits), "hour": str(asked.hour)} if asked else None
    return draft, worked(told) if told else "", network


def _send(draft: Draft, effort: str, network: str, at: datetime) -> None:
    deposit = summary.deposit_of(draft.answers, language="fr")
    deposits.submit(draft=draft, deposit=deposit, effort=effort, network=network, by=_BY, at=at)


def files() -> dict[str, int]:
    """Drafts that were sent by somebody, those that were received, and the files that there are."""
    return {
        "drafts": Draft.objects.filter(pressed_at__isnull=False).count(),
        "sent": Draft.objects.filter(submitted_at__isnull=False).count(),
        "files": Complaint.objects.count(),
    }
