"""Settings: where they are read, what is refused, and the secrets of a first run."""

import os
import stat
import threading
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doleance.boot import config, mail
from doleance.boot.config import BadSetting


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in list(os.environ):
        if name.startswith(("DOLEANCE_", "DATABASE_")):
            monkeypatch.delenv(name)
    place = tmp_path / "home"
    monkeypatch.setenv("DOLEANCE_HOME", str(place))
    return place


def write(home: Path, text: str) -> None:
    home.mkdir(parents=True, exist_ok=True)
    (home / config.FILE).write_text(text, "utf-8")


def test_without_a_file_the_defaults_stand(home):
    settled = config.load()
    assert settled.home == home
    assert settled.address == "http://127.0.0.1:8000"
    assert settled.is_embedded
    assert not settled.is_https


def test_the_file_is_read_and_the_environment_comes_before_it(home, monkeypatch):
    write(home, 'url = "https://plaintes.exemple.fr/"\nthreads = 16\npgbouncer = true\ntime_zone = "Indian/Reunion"\n')
    settled = config.load()
    assert (settled.address, settled.host) == ("https://plaintes.exemple.fr", "plaintes.exemple.fr")
    assert (settled.threads, settled.pgbouncer, settled.time_zone) == (16, True, "Indian/Reunion")
    monkeypatch.setenv("DOLEANCE_THREADS", "2")
    monkeypatch.setenv("DOLEANCE_PGBOUNCER", "false")
    settled = config.load()
    assert (settled.threads, settled.pgbouncer, settled.time_zone) == (2, False, "Indian/Reunion")


def test_an_empty_variable_is_not_a_choice(home, monkeypatch):
    write(home, 'database_url = "postgresql://x@h/d"\n')
    monkeypatch.setenv("DATABASE_URL", "")
    assert config.load().database_url == "postgresql://x@h/d"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("ulr = 'https://x.fr'", "ulr"),
        ("threads = 'huit'", "threads"),
        ("pgbouncer = 'oui'", "pgbouncer"),
        ("time_zone = 2", "time_zone"),
        ("time_zone = 'Europe/Pariss'", "time_zone"),
        ("threads = 0", "threads"),
        ("url = 'plaintes.exemple.fr'", "url"),
        ("url = 'https://exemple.fr/plaintes'", "url"),
        ("log_format = 'xml'", "log_format"),
        ("listen = '0.0.0.0:8000'", "url"),  # open to the network, and nobody said under which name
        ("database_url = 'postgresql://a@pool/c'\npgbouncer = true", "database_direct_url"),
        ("database_direct_url = 'postgresql://a@b/c'", "database_direct_url"),
        ("metrics_token = 'court'", "metrics_token"),
        ("threads = = 3", config.FILE),
    ],
)
def test_a_setting_that_cannot_be_meant_is_refused_by_name(home, text, named):
    write(home, text + "\n")
    with pytest.raises(BadSetting) as refused:
        config.load()
    assert refused.value.facts["name"] == named
    assert named in str(refused.value)


@pytest.mark.parametrize(
    "text", ["metrics_token = 'un-secret'", "database_direct_url = 'postgresql://a:un-secret@b/c'"]
)
def test_a_refusal_repeats_no_secret(home, text):
    write(home, text + "\n")
    with pytest.raises(BadSetting) as refused:
        config.load()
    assert "un-secret" not in str(refused.value)


def test_a_setting_of_children_cannot_be_written_in_the_file(home):
    write(home, "embedded = true\n")
    with pytest.raises(BadSetting):
        config.load()


def test_the_example_names_every_setting_and_puts_none_in_force(home):
    text = config.example()
    assert tomllib.loads(text) == {}
    bare = "\n".join(line.removeprefix("# ") for line in text.splitlines() if " = " in line and "(" not in line)
    defaults = tomllib.loads(bare)
    settled = config.load()
    assert {"url", "listen", "database_url", "time_zone", "smtp_url", "threads"} <= defaults.keys()
    assert all(getattr(settled, name) == value for name, value in defaults.items())


def test_the_example_is_written_once_for_its_owner_alone(home):
    settled = config.load()
    config.write_example(settled)
    path = home / config.FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    write(home, "threads = 3\n")
    config.write_example(settled)
    assert path.read_text("utf-8") == "threads = 3\n"


def test_secrets_are_made_once_for_their_owner_alone(home):
    settled = config.load()
    paths = {name: settled.secret(name) for name in config.SECRETS}
    first = {name: path.read_bytes() for name, path in paths.items()}
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths.values()} == {0o600}
    assert stat.S_IMODE((home / "secrets").stat().st_mode) == 0o700
    assert stat.S_IMODE(home.stat().st_mode) & 0o066 == 0
    assert {len(value) for value in first.values()} == {32}
    assert len(set(first.values())) == len(first)
    assert {name: settled.secret(name).read_bytes() for name in config.SECRETS} == first


def test_two_first_starts_at_once_read_the_same_secret(home):
    settled = config.load()
    found: list[bytes] = []
    gate = threading.Barrier(8)

    def read() -> None:
        gate.wait()
        found.append(settled.secret("master_key").read_bytes())

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    assert [path.name for path in (home / "secrets").iterdir()] == ["master_key"]


def test_a_key_file_that_is_named_and_absent_is_never_made(home, monkeypatch, tmp_path):
    monkeypatch.setenv("DOLEANCE_MASTER_KEY_FILE", str(tmp_path / "mistyped"))
    settled = config.load()
    with pytest.raises(BadSetting):
        settled.secret("master_key")
    assert not (tmp_path / "mistyped").exists()
    (tmp_path / "mistyped").write_bytes(b"k" * 32)
    assert settled.secret("master_key").read_bytes() == b"k" * 32


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("", mail.Post()),
        ("smtp://relais.exemple.fr", mail.Post(host="relais.exemple.fr", port=25)),
        (
            "smtp+starttls://nom%40x:mot%2Fde%20passe@relais.exemple.fr",
            mail.Post(host="relais.exemple.fr", port=587, user="nom@x", password="mot/de passe", starttls=True),
        ),
        ("smtps://a:b@relais.exemple.fr:4650", mail.Post("relais.exemple.fr", 4650, "a", "b", tls=True)),
    ],
)
def test_the_address_of_a_mail_server(url, expected):
    assert mail.parse(url) == expected


@given(st.text(max_size=40))
def test_another_address_is_refused_and_its_password_not_told(text):
    with pytest.raises(BadSetting) as refused:
        mail.parse(f"https://nom:{text}@x.fr")
    assert refused.value.facts["source"] == "https"
