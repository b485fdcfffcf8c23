"""The deposits that a person wrote down, as their session knows them: they alone may show the customer's receipt."""

from uuid import UUID

from django.conf import settings
from django.http import HttpRequest

from doleance.complaints import access
from doleance.complaints.access import Use
from doleance.complaints.models import Complaint

_MINE = "guichet"  # in the session: the file of each form that this person sent
_KEPT = 20


def keep(request: HttpRequest, *, once: UUID, complaint: Complaint) -> None:
    """Remember that this session sent the form `once`, which made this file."""
    mine = {key: value for key, value in request.session.get(_MINE, {}).items() if key != str(once)}
    request.session[_MINE] = dict([*mine.items(), (str(once), str(complaint.pk))][-_KEPT:])


def file_of(request: HttpRequest, once: UUID) -> str:
    """The identifier of the file that a form of this session made; empty when it made none."""
    return str(request.session.get(_MINE, {}).get(str(once), ""))


def form_of(request: HttpRequest, complaint: Complaint) -> UUID | None:
    """The form of this session that made this file."""
    mine = request.session.get(_MINE, {})
    return next((UUID(once) for once, pk in mine.items() if pk == str(complaint.pk)), None)


def key_of(once: UUID) -> str:
    """The tracking key of the file that a form made, as one reads it out."""
    secret = access.secret_for(key=settings.DOLEANCE_FOLLOW_KEY, purpose=Use.KEY, subject=once)
    return access.written_key(secret)
