"""What was promised to people who filled in the public form, compared with the files that there are."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from uuid import UUID

from benchmarks.kill_forms import Sent
from doleance.channels.models import Attachment
from doleance.complaints.models import Exchange
from doleance.intake.models import Draft

_MARKS = re.compile(r"Formulaire [0-9a-f]{32}")


def forms(sent: Sequence[Sent], pressed: Sequence[str], *, at_rest: bool) -> Iterator[str]:
    """A form that was received opened one file, with its words and its files; a form opened two files never.

    One that was told to wait may still wait while the load goes on.
    """
    opened, joined = _opened(), _joined()
    yield from (f"the form {mark} opened {len(opened[mark])} files" for mark in pressed if len(opened[mark]) > 1)
    for one in sent:
        if not opened[one.mark]:
            if at_rest or not one.is_kept:
                yield f"the form {one.mark} that a page {'kept' if one.is_kept else 'received'}: no file"
            continue
        if sorted(joined[opened[one.mark][0]]) != sorted(one.files):
            yield f"the form {one.mark}: its {len(one.files)} files are not those that were sent"


def _joined() -> dict[UUID | None, list[str]]:
    """The files of each message that a form made, by their hashes."""
    found = defaultdict[UUID | None, list[str]](list)
    rows = Attachment.objects.filter(message__channel="web").order_by()
    for message, digest in rows.values_list("message_id", "blob__sha256"):
        found[message].append(digest)
    return found


def waiting() -> bool:
    """Whether a form waits its turn."""
    return Draft.objects.filter(pressed__isnull=False).exists()


def _opened() -> dict[str, list[UUID | None]]:
    """The messages that opened a file, by the word of theirs that nobody else uses."""
    found = defaultdict[str, list[UUID | None]](list)
    rows = Exchange.objects.filter(rule="opened", text__contains="Formulaire ").order_by("id")
    for text, message in rows.values_list("text", "message_id"):
        for mark in _MARKS.findall(text):
            found[mark].append(message)
    return found
