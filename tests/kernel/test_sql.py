"""Named SQL beside the domain that asks it."""

import sys

import pytest

from doleance.kernel import sql


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of its own with a folder of SQL; returns how to write a file in it."""
    folder = tmp_path / "sample_of_sql"
    (folder / "sql").mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    sql.queries.cache_clear()
    yield lambda text: (folder / "sql" / "queries.sql").write_text(text, "utf-8")
    sql.queries.cache_clear()
    sys.modules.pop("sample_of_sql", None)


def test_queries_are_found_by_name(package):
    package("-- what this file is\n\n-- name: head\nSELECT 1;\n\n-- name: tail\n-- the last\nSELECT 'é';\n")
    assert sql.queries("sample_of_sql", "queries.sql") == {"head": "SELECT 1;", "tail": "-- the last\nSELECT 'é';"}


def test_a_name_stands_once(package):
    package("-- name: head\nSELECT 1;\n-- name: head\nSELECT 2;\n")
    with pytest.raises(ValueError, match="head stands twice"):
        sql.queries("sample_of_sql", "queries.sql")


def test_a_file_without_names_holds_no_query(package):
    package("SELECT 1;")
    assert sql.queries("sample_of_sql", "queries.sql") == {}


def test_an_absent_file_is_refused(package):
    with pytest.raises(FileNotFoundError):
        sql.queries("sample_of_sql", "absent.sql")


def test_a_script_is_the_whole_text(package):
    package("-- name: head\nSELECT 1;\n")
    assert sql.script("sample_of_sql", "queries.sql") == "-- name: head\nSELECT 1;\n"


def test_every_sql_file_of_the_product_can_be_read():
    script = sql.script("doleance.audit", "journal_v1.sql")
    assert "CREATE" in script
