"""Mails damaged by chance: reading them raises nothing, tells the same by the wire, and shows nothing that harms."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doleance.channels.email import parse, safe_html, wire
from tests.channels.test_safe_html import assert_harmless
from tests.hostile import builders, table_kinds, table_shape

LARGEST = 4_000  # bytes: the others are large for their own sake
FAMILIES = (
    table_shape.HEADERS, table_shape.STRUCTURE, table_shape.ENCODINGS, table_shape.CHARSETS, table_shape.ADDRESSES,
    table_kinds.HTML, table_kinds.FILES, table_kinds.OUTLOOK, table_kinds.CALENDARS, table_kinds.REPORTS,
    table_kinds.SEALED,
)  # fmt: skip


def seeds():
    """The small mails of the table, and one with an image."""
    built = [row.build() for family in FAMILIES for row in family]
    page = builders.part("text/html", '<p style="color:red">Mon <a href="https://a.b">colis</a><img src="cid:a@b">')
    image = builders.file("a.png", builders.png(4, 4), "image/png", "Content-ID: <a@b>\r\n")
    return [one for one in built if len(one) <= LARGEST] + [builders.multipart(page, image, kind="related")]


SEEDS = seeds()


@st.composite
def damaged(draw):
    """A mail of the table, some of its bytes changed, taken away, said twice, or taken from another."""
    data = bytearray(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, max(len(data) - 1, 0)))
        to = at + draw(st.integers(0, 60))
        match draw(st.sampled_from(["change", "cut", "twice", "other", "end"])):
            case "change":
                data[at : at + 1] = draw(st.binary(min_size=1, max_size=3))
            case "cut":
                del data[at:to]
            case "twice":
                data[at:at] = data[at:to]
            case "other":
                other = draw(st.sampled_from(SEEDS))
                data[at:at] = other[at : at + 200]
            case _:
                del data[to:]
    return bytes(data)


@given(damaged())
def test_a_damaged_mail_is_read_without_the_last_resort(raw):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parse, "_by_bytes", None)  # what structured reading cannot bear would be seen here
        parsed = parse.parse(raw)
    pipe = io.BytesIO()
    wire.send_answer(pipe, parsed)
    pipe.seek(0)
    assert wire.read_answer(pipe) == parsed


@given(damaged())
def test_the_page_of_a_damaged_mail_is_harmless(raw):
    page = safe_html.read(raw)
    if page is not None:
        assert_harmless(page.html)
