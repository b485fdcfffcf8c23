"""What `benchmarks.load` makes ready in a house, and what it asks of it afterwards; Django stands."""

from dataclasses import dataclass
from datetime import timedelta
from random import Random
from urllib.parse import urlencode

from django.db import connection, transaction
from django.db.models import Count
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from benchmarks import wording
from benchmarks.forms_work import answers, begun
from doleance.accounts.models import User
from doleance.complaints.models import Complaint
from doleance.desk.queries import worklist
from doleance.desk.queries.freshness import seen_now
from doleance.desk.queries.worklist import PAGE
from doleance.intake.models import Draft
from doleance.kernel.clock import now
from doleance.kernel.ids import uuid7
from doleance.portal import drafts as device


@dataclass(frozen=True, slots=True)
class Device:
    """A device that holds a form which only waits to be sent: its cookie, and what its last page holds."""

    cookie: str
    held: dict[str, str]


@dataclass(frozen=True, slots=True)
class Agent:
    """Somebody who is signed in: their cookies, files they may read, and what the list they left open has seen."""

    cookies: dict[str, str]
    files: list[str]
    seen: str


class Asked:
    """Drafts ready to be sent, agents who are signed in, addresses they read."""

    def __init__(self, seed: int) -> None:
        self._chance = Random(seed)
        self._made = 0

    def devices(self, count: int) -> list[Device]:
        """So many devices, each with a form that was begun five minutes ago."""
        if not count:
            return []
        like = begun(self._made)
        like.started_at -= timedelta(minutes=5)
        fields = {one.attname: getattr(like, one.attname) for one in Draft._meta.concrete_fields}
        rows = [
            Draft(**fields | {"id": uuid7(), "answers": answers(number)})
            for number in range(self._made + 1, self._made + 1 + count)
        ]
        self._made += count + 1
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('doleance.action', 'benchmark', true)")
            Draft.objects.bulk_create(rows, batch_size=1_000)
        cookies = [device.remember(HttpResponse(), row.pk).cookies[device.cookie_name()].value for row in rows]
        return [Device(one, {"brouillon": str(row.pk)}) for one, row in zip(cookies, rows, strict=True)]

    def agents(self, count: int) -> list[Agent]:
        """So many people who are signed in, of all teams."""
        people = list(User.objects.filter(roles__contains=["agent"]).order_by("email"))
        found = []
        for number in range(count):
            client, person = Client(), people[number % len(people)]
            client.force_login(person)
            theirs = Complaint.objects.filter(team__in=person.teams.all()).exclude(next_due_at=None).order_by("id")
            files = list(theirs.values_list("reference", flat=True)[:100])
            cookies = {name: morsel.value for name, morsel in client.cookies.items()}
            found.append(Agent(cookies, files, str(seen_now(actor=person.actor(), asked=worklist.Asked(), at=now()))))
        return found

    def address(self, kind: str, agent: Agent) -> str:
        """A page of that kind for somebody."""
        match kind:
            case "file":
                return reverse("dossier", args=[self._chance.choice(agent.files)])
            case "pulse":  # the files of its list are those that it may read
                shown = ",".join(agent.files[:PAGE]) if self._chance.random() < 1 / 6 else ""
                return f"{reverse('freshness')}?{urlencode({'depuis': agent.seen, 'lignes': shown})}"
            case "search":
                words = f"{wording.frequent(self._chance)} {wording.frequent(self._chance)}"
                return f"{reverse('dossiers')}?{urlencode({'vue': 'tous', 'q': words})}"
            case _:
                return reverse("dossiers")

    def kept(self) -> int:
        """How many forms were received and opened one file each, a file that no other form opened."""
        sent = Draft.objects.filter(submitted_at__isnull=False, complaint__isnull=False)
        return int(sent.aggregate(files=Count("complaint", distinct=True))["files"])
