"""The limited child, with the engine and the model that are shipped."""

import pytest

from doleance.kernel.confined import Limits
from doleance.understanding.process import child
from doleance.understanding.process.child import LIMITS, Readers, ReadingFailed
from doleance.understanding.rules import Incoming, MessageKind


@pytest.fixture(scope="module")
def readers():
    found = Readers()
    yield found
    found.close()


def message(body, **told):
    return Incoming(id="1", channel="email", subject="Colis", body=body, **told)


def test_a_message_is_read_in_another_process(readers):
    read = readers.read(message("Ma commande C-88412 promise pour mardi n’est toujours pas arrivée."))
    assert (read.language, read.kind) == ("fr", MessageKind.COMPLAINT)
    assert [one.category for one in read.grievances] == ["delivery"]
    assert read.model


def test_the_same_message_is_read_the_same(readers):
    asked = message("The parcel never arrived. Also, I was charged twice.")
    assert readers.read(asked) == readers.read(asked)


@pytest.mark.parametrize("body", ["", "\0", "\ud83d", "😡" * 5000, "mot " * 20_000, "> " * 20_000])
def test_any_text_is_borne(readers, body):
    assert readers.read(message(body)).model


def test_a_model_that_is_not_there_is_an_error_and_the_child_goes_on(readers):
    with pytest.raises(ReadingFailed) as failed:
        readers.read(message("Bonjour"), model="/nulle/part.model")
    assert failed.value.code == "error"
    assert readers.read(message("Bonjour")).model


def test_a_child_without_memory_says_so():
    small = Limits(cpu_seconds=LIMITS.cpu_seconds, memory_bytes=60 * 1024**2, wall_seconds=60.0, share=10)
    starved = Readers(limits=small)
    try:
        with pytest.raises(ReadingFailed) as failed:
            starved.read(message("Bonjour"))
    finally:
        starved.close()
    assert failed.value.code in {"memory", "crash"}


def test_the_model_in_service_is_the_one_that_was_installed(settings, tmp_path):
    settings.DOLEANCE_HOME = tmp_path
    assert child.installed() == ""
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "current").write_text("2")
    assert child.installed() == ""  # its file is not there
    (folder / "2.model").write_bytes(b"")
    assert child.installed() == str(folder / "2.model")
    (folder / "current").write_text("0")
    assert child.installed() == ""
