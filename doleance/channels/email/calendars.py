"""Calendar invitations in words (RFC 5545, 5546). Runs in the limited child; raises on no bytes."""

from datetime import date, datetime

from icalendar import Calendar

from doleance.channels.email import charsets

_SIZE_LIMIT = 1_000_000
_EVENTS_LIMIT = 5
_KEPT = 500
# In French as the rest of a message's text that we write: it is kept with the message, for every reader.
_METHODS = {
    "REQUEST": "Invitation à un rendez-vous",
    "CANCEL": "Annulation d’un rendez-vous",
    "REPLY": "Réponse à une invitation",
    "COUNTER": "Proposition d’un autre moment",
    "PUBLISH": "Rendez-vous",
}
_ANSWERS = {
    "ACCEPTED": "accepte",
    "DECLINED": "refuse",
    "TENTATIVE": "accepte sous réserve",
    "NEEDS-ACTION": "n’a pas répondu",
    "DELEGATED": "délègue",
}


def told(data: bytes, method: str = "") -> str:
    """What a calendar file says: what, when, where, from whom; empty when it cannot be read.

    `method` is the one of the part's Content-Type, for a file that does not say it. A repetition is told, never
    unrolled.
    """
    if len(data) > _SIZE_LIMIT:
        return ""
    try:
        calendar = Calendar.from_ical(charsets.decode(data)[0])
        kind = str(calendar.get("METHOD") or method or "PUBLISH").upper()
        events = [one for one in calendar.subcomponents if one.name in {"VEVENT", "VTODO"}][:_EVENTS_LIMIT]
        return "\n\n".join(_event(one, kind) for one in events)
    except Exception:  # noqa: BLE001  the library raises nearly anything on a broken file; the file itself stays
        return ""


def _event(event: object, kind: str) -> str:
    lines = [f"{_METHODS.get(kind, _METHODS['PUBLISH'])}\u00a0: {_line(event, 'SUMMARY') or 'sans titre'}"]
    start, end = _moment(event, "DTSTART"), _moment(event, "DTEND")
    if start:
        lines.append(f"Quand\u00a0: {start}" + (f", jusqu’au {end}" if end else ""))
    if _value(event, "RRULE"):
        lines.append("Se répète")
    if _line(event, "LOCATION"):
        lines.append(f"Où\u00a0: {_line(event, 'LOCATION')}")
    if _person(_value(event, "ORGANIZER")):
        lines.append(f"De la part de\u00a0: {_person(_value(event, 'ORGANIZER'))}")
    if kind == "REPLY":
        lines += _answers(event)
    if _line(event, "DESCRIPTION"):
        lines.append(_line(event, "DESCRIPTION"))
    return "\n".join(lines)


def _value(event: object, name: str) -> object:
    found = event.get(name)  # type: ignore[attr-defined]  # the library's components are dictionaries
    return found[0] if isinstance(found, list) and found else found


def _line(event: object, name: str) -> str:
    found = _value(event, name)
    return " ".join(charsets.decode(str(found).encode("utf-8", "replace"))[0].split())[:_KEPT] if found else ""


def _moment(event: object, name: str) -> str:
    found = getattr(_value(event, name), "dt", None)
    if isinstance(found, datetime):
        zone = found.tzname() if found.tzinfo else ""
        return f"{found:%d/%m/%Y à %H:%M}" + (f" ({zone})" if zone else "")
    return f"{found:%d/%m/%Y}" if isinstance(found, date) else ""


def _person(value: object) -> str:
    if value is None:
        return ""
    name = str(getattr(value, "params", {}).get("CN", ""))
    address = str(value)
    address = address[7:] if address.lower().startswith("mailto:") else address
    return " ".join(f"{name} <{address}>".split())[:_KEPT] if name and name != address else address[:_KEPT]


def _answers(event: object) -> list[str]:
    found = event.get("ATTENDEE")  # type: ignore[attr-defined]  # as above
    people = found if isinstance(found, list) else [found] if found is not None else []
    lines = []
    for one in people[:_EVENTS_LIMIT]:
        answer = str(getattr(one, "params", {}).get("PARTSTAT", "")).upper()
        lines.append(f"{_person(one)} {_ANSWERS.get(answer, answer.lower())}".rstrip())
    return lines
