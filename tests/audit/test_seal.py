"""Sealed objects: bound to their identifier, wrapped by a person's key, unreadable once it is destroyed."""

from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from doleance.audit import actions, seal
from doleance.audit.models import SealedKey, SubjectKey
from doleance.kernel import clock
from doleance.kernel.db import write

pytestmark = pytest.mark.django_db


@write(quiet="a test of the engine alone")
def sealing(*, object_id, subject, data):
    return seal.seal(object_id, subject, data)


@write(quiet="a test of the engine alone")
def rewrapping(*, object_id, subject):
    seal.rewrap(object_id, subject)


@write(quiet="a test of the engine alone")
def destroying(*, subject):
    return seal.destroy(subject)


@write(quiet="a test of the engine alone")
def changing(*, rows, **columns):
    rows.update(**columns)


@pytest.fixture
def secret():
    """An object sealed under somebody's key: its identifier, whose it is, and the sealed bytes."""
    object_id, subject = uuid4(), uuid4()
    return object_id, subject, sealing(object_id=object_id, subject=subject, data=b"Mme Durand")


def test_what_was_sealed_opens(secret):
    object_id, _, sealed = secret
    assert seal.open_sealed(object_id, sealed) == b"Mme Durand"
    assert b"Durand" not in sealed


@pytest.mark.parametrize("data", [b"", b"\0" * 1_000_000])
def test_any_size_opens(data):
    object_id = uuid4()
    assert seal.open_sealed(object_id, sealing(object_id=object_id, subject=uuid4(), data=data)) == data


def test_the_same_bytes_never_look_the_same():
    one, other, subject = uuid4(), uuid4(), uuid4()
    sealed = [sealing(object_id=identifier, subject=subject, data=b"oui") for identifier in (one, other)]
    assert sealed[0] != sealed[1]
    assert SealedKey.objects.get(pk=one).wrapped != SealedKey.objects.get(pk=other).wrapped
    assert SubjectKey.objects.filter(subject=subject).count() == 1


def test_each_byte_counts(secret):
    object_id, _, sealed = secret
    for place in range(len(sealed)):
        forged = bytearray(sealed)
        forged[place] ^= 1
        with pytest.raises(seal.Tampered):
            seal.open_sealed(object_id, bytes(forged))


@pytest.mark.parametrize("data", [b"", b"\x01", b"\x01" + b"\0" * 12, b"\x02" + b"\0" * 40])
def test_what_is_no_sealed_object_is_refused(secret, data):
    with pytest.raises(seal.Tampered):
        seal.open_sealed(secret[0], data)


def test_a_sealed_object_does_not_open_in_anothers_place(secret):
    object_id, subject, sealed = secret
    other = uuid4()
    moved = sealing(object_id=other, subject=subject, data=b"autre")
    with pytest.raises(seal.Tampered):
        seal.open_sealed(other, sealed)
    # Nor with the other's wrapped key put in its place.
    wrapped = SealedKey.objects.get(pk=object_id).wrapped
    changing(rows=SealedKey.objects.filter(pk=other), wrapped=wrapped)
    with pytest.raises(seal.Tampered):
        seal.open_sealed(other, moved)


def test_a_wrapped_key_does_not_open_for_another_subject(secret):
    object_id, _, sealed = secret
    other = uuid4()
    sealing(object_id=uuid4(), subject=other, data=b"")
    changing(rows=SealedKey.objects.filter(pk=object_id), subject=other)
    with pytest.raises(seal.Tampered):
        seal.open_sealed(object_id, sealed)


def test_an_object_is_sealed_once(secret):
    with pytest.raises(IntegrityError), transaction.atomic():
        sealing(object_id=secret[0], subject=secret[1], data=b"encore")


def test_linking_to_a_person_only_wraps_the_key_again(secret):
    object_id, _, sealed = secret
    person = uuid4()
    rewrapping(object_id=object_id, subject=person)
    assert seal.open_sealed(object_id, sealed) == b"Mme Durand"
    assert SealedKey.objects.get(pk=object_id).subject == person


def test_the_former_subjects_erasure_leaves_what_was_linked_to_another(secret):
    object_id, former, sealed = secret
    rewrapping(object_id=object_id, subject=uuid4())
    destroying(subject=former)
    assert seal.open_sealed(object_id, sealed) == b"Mme Durand"


@write(quiet="a test of the engine alone")
def sealing_for_another(*, object_id, first, then, elder=None, erased=False):
    sealed = seal.seal(object_id, first, b"A letter")
    for one in filter(None, (object_id, elder)):
        seal.rewrap(one, then)
    if erased:
        seal.destroy(then)
    return sealed


def test_what_one_write_seals_and_gives_to_another_opens_for_them_only(secret):
    elder, _, data = secret
    object_id, first, then = uuid4(), uuid4(), uuid4()
    sealed = sealing_for_another(object_id=object_id, first=first, then=then, elder=elder)
    destroying(subject=first)
    assert seal.open_sealed(object_id, sealed) == b"A letter"
    assert seal.open_sealed(elder, data) == b"Mme Durand"
    destroying(subject=then)
    for one, bytes_ in ((object_id, sealed), (elder, data)):
        with pytest.raises(seal.KeyDestroyed):
            seal.open_sealed(one, bytes_)


def test_what_is_erased_in_the_write_that_sealed_it_stays_erased():
    object_id = uuid4()
    sealed = sealing_for_another(object_id=object_id, first=uuid4(), then=uuid4(), erased=True)
    with pytest.raises(seal.KeyDestroyed):
        seal.open_sealed(object_id, sealed)


def test_a_destroyed_key_opens_nothing_ever(secret):
    object_id, subject, sealed = secret
    later = uuid4()
    sealing(object_id=later, subject=subject, data=b"")
    assert destroying(subject=subject) == 2
    with pytest.raises(seal.KeyDestroyed):
        seal.open_sealed(object_id, sealed)
    rewrapping(object_id=object_id, subject=uuid4())  # its file goes to another person: it stays erased
    with pytest.raises(seal.KeyDestroyed):
        seal.open_sealed(object_id, sealed)
    assert not SubjectKey.objects.filter(subject=subject).exists()
    assert SealedKey.objects.get(pk=object_id).wrapped is None


def test_a_new_text_of_an_erased_person_has_a_new_key(secret):
    object_id, subject, sealed = secret
    destroying(subject=subject)
    again = uuid4()
    fresh = sealing(object_id=again, subject=subject, data=b"nouveau")
    assert seal.open_sealed(again, fresh) == b"nouveau"
    with pytest.raises(seal.KeyDestroyed):
        seal.open_sealed(object_id, sealed)


def test_a_key_that_was_taken_away_is_missing_not_destroyed(secret):
    object_id, subject, sealed = secret
    with pytest.raises(seal.KeyMissing):
        seal.open_sealed(uuid4(), sealed)
    _remove(subject=subject)
    with pytest.raises(seal.KeyMissing):
        seal.open_sealed(object_id, sealed)


@write(quiet="what a thief would do")
def _remove(*, subject):
    SubjectKey.objects.filter(subject=subject).delete()


def test_another_master_key_is_told_from_a_tampered_one(secret, settings, tmp_path):
    object_id, subject, sealed = secret
    other = tmp_path / "master"
    other.write_bytes(b"\1" * 32)
    settings.DOLEANCE_MASTER_KEY_FILE = str(other)
    with pytest.raises(seal.OtherMasterKey):
        seal.open_sealed(object_id, sealed)
    with pytest.raises(seal.OtherMasterKey):
        sealing(object_id=uuid4(), subject=subject, data=b"")


@pytest.mark.parametrize("content", [None, b"", b"short", b"\0" * 33])
def test_a_bad_master_key_file_is_said(secret, settings, tmp_path, content):
    path = tmp_path / "master"
    if content is not None:
        path.write_bytes(content)
    settings.DOLEANCE_MASTER_KEY_FILE = str(path)
    with pytest.raises(seal.MasterKeyMissing, match=str(path)):
        seal.open_sealed(*secret[::2])


def test_no_master_key_file_at_all_is_said(settings):
    settings.DOLEANCE_MASTER_KEY_FILE = ""
    with pytest.raises(seal.MasterKeyMissing, match="names no file"):
        seal.master_key()


def test_the_database_never_holds_a_key_in_clear(secret):
    found = SubjectKey.objects.get(subject=secret[1])
    master = seal.master_key()
    assert master not in bytes(found.wrapped) + bytes(found.master)
    key = seal.decrypt(master, bytes(found.wrapped), b"doleance subject key\0" + secret[1].bytes)
    assert len(key) == 32
    assert key not in bytes(found.wrapped)


def test_erasing_says_by_whose_authority(secret):
    event = actions.erase(subject=secret[1], authority="rgpd", article="17-1-b", by="machine:test", at=clock.now())
    assert event.stream == "erasures"
    assert event.code == "erased"
    assert {event.facts[name] for name in ("authority", "article", "subject")} == {"rgpd", "17-1-b", str(secret[1])}
    assert event.facts["objects"] == 1
    with pytest.raises(seal.KeyDestroyed):
        seal.open_sealed(secret[0], secret[2])
