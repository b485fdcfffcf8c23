"""The command line: what it knows, and how it says no."""

import importlib

import pytest

from doleance.boot import cli, preparation, session
from doleance.boot.config import BadSetting
from doleance.kernel.errors import Refusal


def test_alone_it_lists_what_it_can_do(capsys):
    assert cli.main([]) == 0
    told = capsys.readouterr().out
    for name in ("serve", "import", "verify", "backup", "restore"):
        assert f"  {name} " in told
    assert "prepare" not in told  # for the supervisor, not for people


def test_an_unknown_command_is_an_error(capsys):
    assert cli.main(["servir"]) == 2
    assert "« servir »" in capsys.readouterr().err


@pytest.mark.parametrize("name", sorted(cli.COMMANDS))
def test_each_command_has_its_module(name):
    module = importlib.import_module(cli.COMMANDS[name].module)
    assert callable(module.add_arguments)
    assert callable(module.run)


@pytest.mark.parametrize(
    "name", [name for name, command in cli.COMMANDS.items() if not command.needs & cli.Needs.DJANGO]
)
def test_each_cheap_command_tells_its_options_in_french(name, capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main([name, "--help"])
    assert ended.value.code == 0
    assert f"doleance {name}" in capsys.readouterr().out


def test_an_unknown_option_is_refused_unless_the_command_passes_it_on(capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(["serve", "--lisent", "x"])
    assert ended.value.code == 2
    assert "--lisent" in capsys.readouterr().err


def test_a_refusal_is_one_sentence_and_code_2(monkeypatch, capsys):
    monkeypatch.setenv("DOLEANCE_THREADS", "huit")
    assert cli.main(["serve"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("doleance : Le réglage « DOLEANCE_THREADS »")
    assert error.count("\n") == 1
    assert issubclass(BadSetting, Refusal)


def test_catalogues_are_compiled_when_they_changed(tmp_path):
    source = tmp_path / "en" / "LC_MESSAGES" / "django.po"
    source.parent.mkdir(parents=True)
    source.write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "grief"\nmsgstr "grievance"\n'
    )
    preparation.compile_catalogues(tmp_path)
    compiled = source.with_suffix(".mo")
    content = compiled.read_bytes()
    assert b"grievance" in content
    before = compiled.stat().st_mtime_ns
    preparation.compile_catalogues(tmp_path)
    assert compiled.stat().st_mtime_ns == before
    assert [path.name for path in source.parent.iterdir() if path.suffix not in {".po", ".mo"}] == []


def test_the_usual_address_touches_nothing(tmp_path):
    url = session.usual_url(tmp_path / "absent")
    assert url.startswith("postgresql://doleance_app@/doleance?host=")
    assert not (tmp_path / "absent").exists()
