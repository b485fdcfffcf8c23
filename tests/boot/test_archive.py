"""Sealed files: what goes in comes out, and nothing that was changed, cut, moved or repeated does."""

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doleance.boot import archive
from doleance.boot.archive import Damaged, NotABackup, Writer, WrongKeys

KEY = bytes(range(32))
SMALL = 64  # pieces of this size, so that a short text has several


@pytest.fixture(autouse=True, scope="module")
def _small_pieces():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(archive, "PIECE", SMALL)
        yield


def sealed(*parts: bytes) -> bytes:
    stream = io.BytesIO()
    writer = Writer(stream, key=KEY, facts={"at": "2026-11-21T10:00:00+00:00"})
    for part in parts:
        writer.write(part)
    writer.close()
    return stream.getvalue()


def opened(path: Path, content: bytes, key: bytes = KEY) -> bytes:
    path.write_bytes(content)
    return b"".join(archive.read(path, key=key))


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("archive") / "one.sauvegarde"


@given(st.lists(st.binary(max_size=3 * SMALL), max_size=5))
def test_what_goes_in_comes_out(path, parts):
    content = sealed(*parts)
    assert opened(path, content) == b"".join(parts)
    assert archive.facts_of(path)["at"] == "2026-11-21T10:00:00+00:00"


@pytest.mark.parametrize("size", [0, 1, SMALL - 1, SMALL, SMALL + 1, 2 * SMALL, 2 * SMALL + 1])
def test_the_edges_of_a_piece(path, size):
    assert opened(path, sealed(b"a" * size)) == b"a" * size


def test_the_text_cannot_be_read_in_the_file():
    text = "Réclamation de Mme Durand".encode() * 20
    content = sealed(text)
    assert b"Durand" not in content
    assert sealed(text) != content  # each file has a key of its own


@given(st.data())
def test_one_changed_byte_is_noticed(path, data):
    content = bytearray(sealed(b"x" * 300))
    start = len(archive.MAGIC) + 4
    place = data.draw(st.integers(start, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises((Damaged, NotABackup, WrongKeys)):
        opened(path, bytes(content))


@given(st.integers(1, 400))
def test_a_cut_is_noticed_even_between_two_pieces(path, cut):
    content = sealed(b"x" * 300)
    with pytest.raises((Damaged, NotABackup)):
        opened(path, content[: -min(cut, len(content) - 30)])


def pieces_of(content: bytes) -> tuple[bytes, list[bytes]]:
    start = len(archive.MAGIC) + 4
    head = start + int.from_bytes(content[start - 4 : start], "big")
    step = SMALL + 16
    return content[:head], [content[place : place + step] for place in range(head, len(content), step)]


def test_pieces_swapped_repeated_or_taken_from_another_file_are_noticed(path):
    head, pieces = pieces_of(sealed(b"a" * SMALL, b"b" * SMALL, b"c" * SMALL))
    _, others = pieces_of(sealed(b"a" * SMALL, b"b" * SMALL, b"c" * SMALL))
    assert len(pieces) == 3
    for wrong in (
        [pieces[1], pieces[0], pieces[2]],
        [pieces[0], pieces[0], pieces[2]],
        [*pieces, pieces[2]],
        [pieces[0], pieces[2]],
        [pieces[0], others[1], pieces[2]],
    ):
        with pytest.raises(Damaged):
            opened(path, head + b"".join(wrong))


def test_other_keys_and_other_files_are_told_apart(path):
    with pytest.raises(WrongKeys) as refused:
        opened(path, sealed(b"x"), key=b"k" * 32)
    assert archive.name_of(KEY) in str(refused.value)
    for other in (b"", b"PGDMP\x01", archive.MAGIC, b"doleance backup 2\n" + b"x" * 50):
        with pytest.raises(NotABackup):
            opened(path, other)
