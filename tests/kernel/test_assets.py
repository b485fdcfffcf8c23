"""What is written at installation: faces that hold French, under our own name, with their licence; and htmx."""

import io

import pytest
from fontTools.ttLib import TTFont

from doleance.kernel import assets

FRENCH = "ABCXYZ abcxyz 0123456789 àâäæçéèêëîïôöœùûüÿÀÂÄÆÇÉÈÊËÎÏÔÖŒÙÛÜŸ «»’“”…–—€%§°•·−½¼¹²³ ;:!?()/@#&"
KEPT = {"doleance-sans-400", "doleance-sans-600", "doleance-serif-400"}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    target = tmp_path_factory.mktemp("assets")
    assert assets.build(target)
    return target / "doleance"


def faces(built, part=""):
    return {path.stem: TTFont(path) for path in (built / "fonts").glob("*.woff2") if part in path.stem}


def test_each_face_holds_what_french_needs(built):
    wanted = {ord(sign) for sign in FRENCH} | {0xA0, 0x202F}
    for name in KEPT:
        assert wanted <= faces(built)[name].getBestCmap().keys(), name


def test_figures_have_one_width(built):
    for name in KEPT:
        font = faces(built)[name]
        assert len({font["hmtx"][font.getBestCmap()[ord(digit)]][0] for digit in "0123456789"}) == 1, name


def test_the_narrow_space_is_narrower_than_a_word_space(built):
    for name in KEPT:
        font = faces(built)[name]
        width = {space: font["hmtx"][font.getBestCmap()[space]][0] for space in (0x20, 0x202F)}
        assert 0 < width[0x202F] < 0.75 * width[0x20], name


def test_names_beyond_french_have_their_own_file(built):
    latin = faces(built, "latin")
    assert len(latin) == 3
    assert {ord(sign) for sign in "šůłžőğİ"} <= latin["doleance-sans-400-latin"].getBestCmap().keys()
    assert not latin["doleance-sans-400-latin"].getBestCmap().keys() & {ord(sign) for sign in "abé0"}


def test_the_reserved_name_is_gone_and_the_licence_is_there(built):
    """The OFL reserves « Source »: a subset may not bear it, and must travel with its licence."""
    for name, font in faces(built).items():
        shown = {str(record) for record in font["name"].names if record.nameID in {1, 3, 4, 6, 16, 18, 21}}
        assert shown, name
        assert not [text for text in shown if "source" in text.lower()], name
        assert all("oleance" in text for text in shown), name
        assert [str(record) for record in font["name"].names if record.nameID == 13], name
    for licence in ("OFL-sans.txt", "OFL-serif.txt"):
        text = (built / "fonts" / licence).read_text("utf-8")
        assert "SIL OPEN FONT LICENSE Version 1.1" in text
        assert "Reserved Font Name" in text


def test_a_first_visit_stays_light(built):
    assert sum((built / "fonts" / f"{name}.woff2").stat().st_size for name in KEPT) < 60_000


def test_htmx_is_the_second_one(built):
    text = (built / "htmx.js").read_text("utf-8")
    assert 'version:"2.' in text


def test_nothing_is_built_twice(built):
    before = {path: path.stat().st_mtime_ns for path in built.rglob("*")}
    assert not assets.build(built.parent)
    assert {path: path.stat().st_mtime_ns for path in built.rglob("*")} == before


def test_an_interrupted_build_starts_again(tmp_path, monkeypatch):
    class Stopped(Exception):
        pass

    def stop(*_):
        raise Stopped

    with monkeypatch.context() as patch:
        patch.setattr(assets, "_write_face", stop)
        with pytest.raises(Stopped):
            assets.build(tmp_path)
    assert assets.build(tmp_path)


def test_a_face_without_a_narrow_space_is_given_one():
    """Source Serif has none."""
    serif = next(face for face in assets.FACES if face.family == "Doleance Serif")
    whole = TTFont(io.BytesIO(assets.files(serif.package).joinpath("files", serif.source).read_bytes()))
    assert assets.NARROW_SPACE not in whole.getBestCmap()
