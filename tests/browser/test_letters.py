"""Letters on paper, as Chromium prints them: each page has its margins, whatever the length."""

import re
import zlib

import pytest
from django.conf import settings

from doleance.kernel.clock import now
from doleance.notifications.actions import writing
from doleance.notifications.rules import Purpose
from tests import factories

MM = 72 / 25.4  # points
TOP, BOTTOM = 20 * MM, (297 - 22) * MM
LEFT, RIGHT = 25 * MM, (210 - 22) * MM
POSTAL = "MADAME HÉLÈNE DURAND DE LA TOUR\nAPPARTEMENT 12\nBÂTIMENT B\n3 RUE DES LILAS\nLIEU-DIT LE PORT\n75020 PARIS"


def drawn_on(pdf: bytes) -> list[str]:
    """What is drawn on each page: deflated streams, of which a page's own sets type."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    inflated = [zlib.decompress(one) for one in streams if one[:1] == b"x"]
    return [one.decode("latin-1") for one in inflated if b" Tf\n" in one]


def lines_of(drawn: str) -> list[tuple[float, float, float]]:
    """The lines of text of a page: where each begins and ends, and its baseline from the top; in points."""
    scale, left, top, found = 1.0, 0.0, 0.0, []
    number = r"(-?[\d.]+)"
    matrix = rf"{number} 0 0 {number} {number} {number} cm"
    for one in re.finditer(rf"{matrix}|1 0 0 -1 {number} {number} Tm|{number} 0 Td", drawn):
        a, d, e, f, x, y, step = (float(group) if group else None for group in one.groups())
        if a is not None and e is not None and f is not None and d is not None and d > 0:
            scale, left, top = 0.24 * a, 0.24 * e, 0.24 * f  # inside the page's own 0.24, as Chromium writes it
        elif x is not None and y is not None:
            found.append((left + scale * x, left + scale * x, top + scale * y))
        elif step is not None and found:
            start, end, base = found[-1]
            found[-1] = (start, end + scale * step, base)
    return found


@pytest.mark.django_db(transaction=True)
def test_a_long_letter_has_margins_on_every_page(page, address, cast, calendars, enter):
    session = enter(cast.amelie).cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": address}])
    words = "\n\n".join(f"Paragraphe {n}. " + "Nous remplaçons votre bouilloire. " * 12 for n in range(12))
    letter = writing.send_letter(
        complaint=factories.complaint(cast),
        purpose=Purpose.REPLY,
        postal=POSTAL,
        subject="Votre bouilloire",
        text=words,
        by=cast.amelie.actor(),
        at=now(),
    )
    page.goto(f"{address}/envois/a-imprimer/{letter.pk}/")
    pdf = page.pdf(prefer_css_page_size=True)
    drawn = drawn_on(pdf)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == len(drawn) == 2
    for one in drawn:
        assert "3.125 0 0 3.125" in one  # 0.75 point a pixel: nothing was made smaller to fit
        lines = lines_of(one)
        assert len(lines) > 5
        outside = [line for line in lines if line[0] < LEFT - 1 or line[1] > RIGHT + 1 or not TOP < line[2] < BOTTOM]
        assert not outside
    in_window = [line for line in lines_of(drawn[0]) if line[0] >= 105 * MM and 45 * MM <= line[2] <= 77 * MM]
    assert len(in_window) == len(POSTAL.splitlines())
