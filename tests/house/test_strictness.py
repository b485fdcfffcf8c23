"""The strict configuration is really strict: each guard is made to fail."""

import os
import socket
import subprocess
import sys
import textwrap
import warnings

import pytest
from django.db import connection
from django.template import Context, Engine
from django.template.base import Origin, Template
from django.utils import translation
from pytest_socket import SocketConnectBlockedError

from doleance.accounts.models import Entity, Team
from doleance.boot import binaries
from tests import needs, strict
from tests.database import Database, NoServer
from tests.house.source import ROOT


def render(text: str, context: dict, name: str = f"{strict.OURS}/staff/templates/staff/sample.html") -> str:
    template = Template(text, origin=Origin(name), name="sample.html", engine=Engine.get_default())
    return template.render(Context(context))


@pytest.mark.parametrize(
    "text",
    [
        "{{ absent }}",
        "{% if absent %}a{% endif %}",
        "{% if known and absent %}a{% endif %}",
        "{% if not absent %}a{% endif %}",
        "{% for one in absent %}a{% endfor %}",
        "{% if known.absent %}a{% endif %}",
        "{{ known.absent }}",
    ],
)
def test_an_undefined_variable_fails(text):
    with pytest.raises(pytest.fail.Exception, match="absent"):
        render(text, {"known": {"a": 1}})


def test_defined_variables_pass():
    assert render(
        "{% if known %}{{ known.a }}{% endif %}{% for x in empty %}{% endfor %}", {"known": {"a": 1}, "empty": []}
    )


def test_templates_of_others_keep_their_habits():
    assert render("{% if absent %}a{% endif %}", {}, name="/elsewhere/allauth/login.html") == ""


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("93.184.216.34", 443)])
def test_nothing_leaves_this_machine(address):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the guard also warns
        with pytest.raises(SocketConnectBlockedError):
            socket.create_connection(address, timeout=1)


def test_this_machine_can_be_reached():
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=5).close()


def test_warnings_are_errors():
    with pytest.raises(UserWarning, match="careless"):
        warnings.warn("careless", stacklevel=1)


def test_the_order_is_random(pytestconfig):
    assert pytestconfig.pluginmanager.hasplugin("randomly")


@pytest.mark.django_db
def test_an_unordered_queryset_is_shuffled():
    assert "RANDOM()" in str(Team.objects.all().query)
    assert "RANDOM()" in str(Team.objects.filter(name="a").values_list("name").query)
    assert "RANDOM()" not in str(Team.objects.order_by("name").query)
    assert "RANDOM()" not in str(Team.objects.values("name").distinct().query)
    inner = Team.objects.filter(entity__in=Entity.objects.filter(name="a"))
    assert str(inner.query).count("RANDOM()") == 1
    assert not inner.exists()
    assert inner.count() == 0


@pytest.mark.django_db
@pytest.mark.ordered_by_chance
def test_a_test_may_ask_for_chance():
    assert "RANDOM()" not in str(Team.objects.all().query)


@pytest.mark.parametrize("_", [1, 2])
@pytest.mark.django_db(transaction=True)
def test_a_transactional_test_gets_a_fresh_database(_, superuser):
    """What one of these two commits, the other does not see."""
    superuser.execute("CREATE TABLE left_behind (id int)")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_tables WHERE tablename = 'left_behind'")
        assert cursor.fetchone() == (1,)


def run(tmp_path, code, **environment):
    """A test file of its own, run by pytest with our configuration; what it printed.

    Whether it believes itself in CI is said by its caller, never by the run around it.
    """
    inherited = {name: value for name, value in os.environ.items() if name != "DOLEANCE_CI"}
    test = tmp_path / "test_sample.py"
    test.write_text(textwrap.dedent(code))
    options = ["-q", "-p", "no:cacheprovider", "-c", str(ROOT / "pyproject.toml")]
    command = [sys.executable, "-m", "pytest", *options, str(test)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=inherited | environment)
    return done.returncode, done.stdout + done.stderr


SAMPLE = """
    import pytest
    from tests import needs

    needs.PROOFS["no-such-package"] = "no-such-program"

    @pytest.mark.needs("no-such-package")
    def test_one(): raise AssertionError

    @pytest.mark.needs("no-such-package")
    def test_two(): raise AssertionError

    def test_three(): needs.require("no-such-package")
"""


def test_skips_are_counted_aloud(tmp_path):
    code, said = run(tmp_path, SAMPLE)
    assert code == 0, said
    assert "3 skipped" in said
    assert "Sautés, faute de no-such-package (3) : 3" in said


def test_in_ci_a_missing_package_is_a_failure(tmp_path):
    code, said = run(tmp_path, SAMPLE, DOLEANCE_CI="1")
    assert code == 1, said
    assert "1 failed, 2 errors" in said
    assert "faute du paquet no-such-package" in said


def test_each_needed_package_is_known():
    assert {
        "chromium",
        "dovecot-imapd",
        "dovecot-lmtpd",
        "tesseract-ocr",
        "tesseract-ocr-fra",
        "postgresql",
        "pgbouncer",
    } == set(needs.PROOFS)


def test_the_system_s_server_must_be_there_when_it_is_asked_for(monkeypatch, tmp_path):
    monkeypatch.setattr(binaries, "SYSTEM", tmp_path)
    monkeypatch.setenv("DOLEANCE_TEST_DATABASE", "system")
    database = Database()
    try:
        with pytest.raises(NoServer):
            database.start()
    finally:
        database.close()


@pytest.mark.parametrize("sentence", ["Une phrase que personne n’a traduite", "Amélie Rousseau"])
@pytest.mark.parametrize("language", ["fr", "en"])
def test_what_no_catalogue_knows_does_not_pass_through_gettext(sentence, language):
    with translation.override(language), pytest.raises(pytest.fail.Exception, match="No catalogue knows"):
        translation.gettext(sentence)
    with translation.override(language), pytest.raises(pytest.fail.Exception):
        str(translation.gettext_lazy(sentence))


def test_our_sentences_and_those_of_libraries_pass():
    with translation.override("en"):
        assert translation.gettext("Note interne") == "Internal note"
        assert translation.ngettext("%(n)s grief", "%(n)s griefs", 2) == "%(n)s grievances"
    assert translation.gettext("This field is required.") == "Ce champ est obligatoire."
    assert translation.gettext("12") == "12"
