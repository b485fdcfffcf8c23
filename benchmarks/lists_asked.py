"""What `benchmarks.lists` asks of a house; Django stands."""

from collections.abc import Callable
from functools import cache
from random import Random
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.test import Client, override_settings
from django.urls import path, reverse

from benchmarks import wording
from benchmarks.copying import QUALITY
from doleance.accounts.models import User
from doleance.complainants.models import Address
from doleance.complaints.models import Complaint
from doleance.desk.queries.worklist import PAGE

# What `django-admin startproject` gives, and nothing of ours.
_BARE = [
    f"{__name__}.pages_of_its_own",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
_ROWS = """<!doctype html><title>Réclamations</title><p>{{ request.user.name }}</p><table>{% for one in rows %}<tr>
<td><a href="/{{ one.reference }}/">{{ one.title }}</a></td><td>{{ one.reference }}</td><td>{{ one.party.name }}</td>
<td>{{ one.get_state_display }}</td><td>{{ one.owner.name }}</td><td>{{ one.received_at|date }}</td></tr>
{% endfor %}</table><a href="?after={{ rows.49.pk }}">Suite</a>"""


def pages_of_its_own(answer: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: this page stands beside Doléance's, in the same process."""

    def middleware(request: HttpRequest) -> HttpResponse:
        request.urlconf = __name__  # Django reads it when it is there
        return answer(request)

    return middleware


@cache
def _page_of_rows() -> Any:
    return engines["django"].from_string(_ROWS)


def bare(request: HttpRequest) -> HttpResponse:
    """A keyset page of fifty rows, as one writes it in ten lines of Django."""
    found = Complaint.objects.select_related("party", "owner").order_by("-id")
    if request.GET.get("after"):
        found = found.filter(pk__lt=request.GET["after"])
    return HttpResponse(_page_of_rows().render({"rows": list(found[:PAGE])}, request))


urlpatterns = [path("", bare)]


class Asked:
    """Requests of one reader who sees every file, drawn from a seed."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self.words = ""
        settings.ALLOWED_HOSTS.append("testserver")
        user = User.objects.get(email=QUALITY)
        self._client = Client()
        self._client.force_login(user)
        with override_settings(MIDDLEWARE=_BARE):
            self._bare = Client()
            self._bare.force_login(user)
            self._bare.get("/")  # its middlewares are those of this moment
        self._count = Complaint.objects.count()
        self._open = list(
            Complaint.objects.exclude(next_due_at=None)
            .order_by("next_due_at", "id")
            .values_list("reference", flat=True)[:PAGE]
        )

    def request(self, kind: str) -> Callable[[], None]:
        """One request, ready to be made."""
        match kind:
            case "list":
                return self._page(reverse("dossiers"))
            case "file":
                return self._page(reverse("dossier", args=[self._random.choice(self._open)]))
            case "search":
                self.words = self._words()
                return self._page(reverse("dossiers"), vue="tous", q=self.words)
            case _:
                return self._bare_page

    def _page(self, address: str, **told: str) -> Callable[[], None]:
        def ask() -> None:
            response = self._client.get(address, told)
            if response.status_code != 200:
                raise RuntimeError(f"{address} {told}: {response.status_code}")

        return ask

    def _bare_page(self) -> None:
        response = self._bare.get("/")
        if response.content.count(b"<tr>") != PAGE:
            raise RuntimeError("the bare page has not its fifty rows")

    def _words(self) -> str:
        drawn = self._random.random()
        if drawn < 0.1:
            return self._random.choice(wording.COMMON)
        if drawn < 0.5:
            return f"{wording.frequent(self._random)} {wording.frequent(self._random)}"
        return self._rare()

    def _rare(self) -> str:
        """A reference, a name, an address, a number or a word that a handful of files hold."""
        file: Any = Complaint.objects.select_related("party").order_by("id")[self._random.randrange(self._count)]
        ways = list(Address.objects.filter(party=file.party).order_by("channel").values_list("value", flat=True))
        return str(
            self._random.choice(
                [file.reference, file.party.name, wording.rare(self._random.randrange(wording.RARE)), *ways]
            )
        )
