"""One full reply for files that were merged, and a line elsewhere that says where it is: no channel stays silent."""

from datetime import datetime
from typing import Any

from doleance.accounts.rules import Actor
from doleance.kernel.db import write
from doleance.notifications import letters, pointers, rules
from doleance.notifications.actions import writing
from doleance.notifications.models import Notice
from doleance.notifications.pointers import Pointed
from doleance.notifications.rules import NoticeState, Purpose


@write
def point(*, answer: Notice, by: Actor, at: datetime) -> list[Notice]:
    """Say on each other way that the answer of a merged file is given, and where; once each, be it ordered twice.

    Nothing of the answer is in it. To an address that has the answer itself nothing is sent.
    """
    if answer.state != NoticeState.SENT:
        return []
    return [_write(one, answer, by, at) for one in pointers.owed(answer)]


def _write(one: Pointed, answer: Notice, by: Actor, at: datetime) -> Notice:
    once = pointers.identity(answer, one.stub)
    language = letters.language_for(one.stub.language, one.stub.entity.language)
    letter = pointers.letter(one.stub, answer.complaint, language=language, way=rules.Way(answer.way))
    told: dict[str, Any] = {"complaint": one.stub, "purpose": Purpose.POINTER}
    told |= {"subject": letter.subject, "text": letter.text}
    told |= {"by": by, "at": at, "once": once}
    if one.way is rules.Way.EMAIL:
        return writing.send(to=one.to, automatic=True, **told)
    return writing.put_on_page(**told)
