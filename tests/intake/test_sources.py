"""An import takes every message of a file, and every regular file of a folder, in a fixed order."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doleance.intake import sources
from doleance.intake.sources import Found, Unreadable

MAIL = b"From: a@b.fr\nSubject: un\n\nbonjour\n"
SEPARATOR = b"From a@b.fr Mon May  2 16:07:05 2005\n"
WHEN = datetime(2005, 5, 2, 16, 7, 5, tzinfo=UTC)


def read_all(root: Path) -> list[Found | Unreadable]:
    return [item for path in sources.files(root) for item in sources.items(path, root)]


def read(root: Path) -> list[Found]:
    found = read_all(root)
    assert all(isinstance(item, Found) for item in found)
    return [item for item in found if isinstance(item, Found)]


def test_a_mail_is_one_item_byte_for_byte(tmp_path):
    path = tmp_path / "un.eml"
    path.write_bytes(MAIL)
    assert read(path) == [Found("un.eml", 0, MAIL)]


def test_an_eml_that_begins_like_an_mbox_is_one_mail(tmp_path):
    """Some programs leave the separator in; a forwarded mail inside may have another one."""
    raw = SEPARATOR + MAIL + b"\n" + SEPARATOR + b"Subject: dedans\n\n"
    (tmp_path / "un.eml").write_bytes(raw)
    assert read(tmp_path) == [Found("un.eml", 0, raw)]


def test_an_mbox_is_cut_at_its_separators(tmp_path):
    path = tmp_path / "boite"
    path.write_bytes(SEPARATOR + MAIL + b"\n" + b"From MAILER-DAEMON Mon May  2 16:07:05 2005\n" + MAIL)
    assert read(path) == [Found("boite", 0, MAIL, WHEN), Found("boite", 1, MAIL, WHEN)]


@pytest.mark.parametrize(
    "body",
    [
        b"From ici, je vois la mer.\n",
        b"\nFrom Paris with love\n",
        b"\nFrom Paris to Lyon: two hours\n",
        b">From quoted\n",
        b"\nFrom a@b.fr\nje cite\n",
    ],
)
def test_a_sentence_is_no_separator(tmp_path, body):
    raw = b"From: a@b.fr\n\n" + body
    path = tmp_path / "boite.mbox"
    path.write_bytes(SEPARATOR + raw)
    assert [one.raw for one in read(path)] == [raw]


def test_a_separator_without_a_date_needs_a_header_after_it(tmp_path):
    path = tmp_path / "boite"
    path.write_bytes(b"From a@b.fr\n" + MAIL + b"\nFrom c@d.fr\n" + MAIL)
    assert [(one.position, one.separator) for one in read(path)] == [(0, None), (1, None)]


def test_windows_line_ends(tmp_path):
    mail = MAIL.replace(b"\n", b"\r\n")
    path = tmp_path / "boite"
    path.write_bytes(SEPARATOR.replace(b"\n", b"\r\n") + mail + b"\r\n" + SEPARATOR.replace(b"\n", b"\r\n") + mail)
    assert [(one.raw, one.separator) for one in read(path)] == [(mail, WHEN)] * 2


def test_a_folder_gives_every_regular_file_in_order(tmp_path):
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "2.eml").write_bytes(MAIL)
    (tmp_path / "a.txt").write_bytes(b"une note")
    (tmp_path / "c").write_bytes(b"")
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8\xff")
    (tmp_path / "lien").symlink_to(tmp_path / "a.txt")
    os.mkfifo(tmp_path / "tube")
    assert [(one.path, one.raw) for one in read(tmp_path)] == [
        ("a.txt", b"une note"),
        ("b/2.eml", MAIL),
        ("c", b""),
        ("photo.jpg", b"\xff\xd8\xff"),
    ]


def test_a_maildir_gives_what_was_delivered(tmp_path):
    for name in ("cur", "new", "tmp"):
        (tmp_path / name).mkdir()
    (tmp_path / "cur" / "1:2,S").write_bytes(MAIL)
    (tmp_path / "new" / "2").write_bytes(MAIL)
    (tmp_path / "tmp" / "3").write_bytes(b"From: half")
    assert [one.path for one in read(tmp_path)] == ["cur/1:2,S", "new/2"]


def test_a_folder_called_tmp_is_no_maildir(tmp_path):
    (tmp_path / "tmp").mkdir()
    (tmp_path / "tmp" / "1.eml").write_bytes(MAIL)
    assert [one.path for one in read(tmp_path)] == ["tmp/1.eml"]
    assert [one.path for one in read(tmp_path / "tmp")] == ["1.eml"]


def test_what_cannot_be_taken_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "SIZE_LIMIT", 100)
    (tmp_path / "grand.eml").write_bytes(b"a" * 101)
    (tmp_path / "juste.eml").write_bytes(b"a" * 100)
    (tmp_path / "boite").write_bytes(SEPARATOR + b"a" * 101 + b"\n\n" + SEPARATOR + MAIL)
    found = {one.path: type(one) for one in read_all(tmp_path)}
    assert found == {"grand.eml": Unreadable, "juste.eml": Found, "boite, message 1": Unreadable, "boite": Found}


def test_a_file_that_disappears_is_named(tmp_path):
    gone = tmp_path / "parti.eml"
    [item] = list(sources.items(gone, tmp_path))
    assert isinstance(item, Unreadable)
    assert item.path == "parti.eml"


def test_a_name_that_is_no_text_is_kept_as_far_as_it_goes(tmp_path):
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.eml"))
    path.write_bytes(MAIL)
    assert [one.path for one in read(tmp_path)] == ["caf\ufffd.eml"]


@given(st.lists(st.binary(max_size=60).map(lambda data: data.replace(b"From ", b"")), min_size=1, max_size=5))
def test_an_mbox_written_by_the_format_is_read_back(tmp_path_factory, bodies):
    """Messages, each after its separator and before the empty line that the format adds, come back as they were."""
    mails = [b"From: a@b.fr\n\n" + body + b"\n" for body in bodies]
    path = tmp_path_factory.mktemp("mbox") / "boite"
    path.write_bytes(b"".join(SEPARATOR + mail + b"\n" for mail in mails))
    assert [one.raw for one in read(path)] == mails
