"""What a mail carries beyond its stored words: the link to follow its file, the digits of a code.

They are derived when the mail is composed (`complaints.access`) and stand in no row: whoever reads the outbox, the
conversation or a backup does not read them. What is kept of a mail that left says where they stood.
"""

from collections.abc import Sequence
from uuid import UUID

from django.conf import settings

from doleance.complaints import access
from doleance.complaints.access import Use
from doleance.kernel import languages
from doleance.kernel.kinds import gettext_noop
from doleance.notifications.models import Notice
from doleance.notifications.rules import Purpose

# Where the digits of a code stand in what is stored of its mail.
HIDDEN_CODE = "••• •••"
HIDDEN_LINK = "••••••"
_SIGNATURE = "\n-- \n"
_ONE = gettext_noop("Pour suivre votre réclamation, la corriger ou y ajouter un document\u00a0:")
_MANY = gettext_noop("Pour suivre chaque réclamation, la corriger ou y ajouter un document\u00a0:")
_KEPT = gettext_noop("Ce lien vous est personnel et sert 90\u00a0jours.")


def token(notice_id: UUID) -> str:
    """The last part of the link of one mail."""
    return access.secret_for(key=settings.DOLEANCE_FOLLOW_KEY, purpose=Use.MAIL, subject=notice_id)


def address(secret: str) -> str:
    """Where a link leads."""
    return f"{settings.DOLEANCE_URL}/suivi/l/{secret}/"


def door() -> str:
    """The page where one enters with a reference: what paper can say."""
    return f"{settings.DOLEANCE_URL}/suivi/"


def said(notice: Notice, riders: Sequence[Notice] = (), *, on_wire: bool) -> str:
    """The words of a mail with what it alone carries; hidden unless it is `on_wire`, on its way to its reader.

    `riders` are the acknowledgements that leave inside it: each file has its link.
    """
    if notice.purpose == Purpose.CODE:
        return notice.text.replace(HIDDEN_CODE, _digits(notice)) if on_wire else notice.text
    linked = [one for one in (notice, *riders) if one.has_link]
    if not linked:
        return notice.text
    tongue = languages.tongue(notice.language)
    lines = [tongue.say(_ONE if len(linked) == 1 else _MANY)]
    for one in sorted(linked, key=lambda row: (row.complaint.received_at, row.complaint_id)):
        where = address(token(one.id) if on_wire else HIDDEN_LINK)
        lines.append(where if len(linked) == 1 else f"{one.complaint.reference} {where}")
    return _before_signature(notice.text, "\n".join([*lines, tongue.say(_KEPT)]))


def _digits(notice: Notice) -> str:
    code = access.code_for(key=settings.DOLEANCE_FOLLOW_KEY, subject=notice.id)
    return f"{code[:3]} {code[3:]}"


def _before_signature(text: str, words: str) -> str:
    body, mark, signature = text.rpartition(_SIGNATURE)
    return f"{body.rstrip()}\n\n{words}\n{mark}{signature}" if mark else f"{text.rstrip()}\n\n{words}"
