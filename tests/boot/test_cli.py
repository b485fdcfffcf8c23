"""The command line: what it knows, and how it says no."""

import importlib
import re

import pytest

from doleance.boot import arguments, cli, preparation, session
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


@pytest.mark.parametrize("name", [name for name, command in cli.COMMANDS.items() if command.help])
def test_what_people_read_of_a_command_is_french(name):
    """Its first line is what `--help` begins with."""
    described = (importlib.import_module(cli.COMMANDS[name].module).__doc__ or "").splitlines()[0]
    assert re.search(r"[àâçéèêîôû’]|\b(la|le|les|un|une|des)\b", described), described


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ([], "doleance essai : il manque CHEMIN\n"),
        (["x", "--port", "haut"], "doleance essai : --port : la valeur 'haut' ne convient pas\n"),
        (["x", "--port"], "doleance essai : --port : il manque sa valeur\n"),
        (["x", "--role", "roi"], "doleance essai : --role : 'roi' n’est pas un choix (choix : 'app', 'owner')\n"),
    ],
)
def test_a_mistyped_command_is_told_in_french(capsys, given, told):
    parser = arguments.parser(prog="doleance essai", description="Essaie.")
    parser.add_argument("path", metavar="CHEMIN")
    parser.add_argument("--port", type=int)
    parser.add_argument("--role", choices=["app", "owner"])
    with pytest.raises(SystemExit) as ended:
        parser.parse_args(given)
    assert ended.value.code == 2
    said = capsys.readouterr().err.replace("\u00a0", " ")
    assert said.startswith("Usage : doleance essai")
    assert said.endswith(told)


def test_help_says_nothing_in_english():
    shown = arguments.parser(prog="doleance essai", description="Essaie.").format_help()
    assert "affiche cette aide" in shown
    assert not re.search(r"usage:|options:|show this", shown)
