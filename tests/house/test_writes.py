"""Who may write: transactions in kernel/db.py alone, rows in actions alone, SQL in queries and migrations alone."""

import ast
from functools import cache

import pytest

from tests.house.source import Source, at, dotted, findings, functions, snippet, told

# Engines which are actions in all but name, each with its reason.
ENGINES = {
    "doleance/kernel/db.py": "the door itself",
    "doleance/audit/seal.py": "the keys of sealed texts, written inside the action that seals",
}
RAW_SQL = {
    "doleance/kernel/db.py": "tells PostgreSQL its name, takes advisory locks",
    "doleance/kernel/kept.py": "asks the statements that queries write once and keep",
    "doleance/boot/": "starts, checks, saves and restores whole databases, outside any request",
}
# Methods that only a queryset, a manager or a row has.
WRITERS = {"bulk_create", "bulk_update", "get_or_create", "update_or_create", "abulk_create", "asave", "adelete"}
WRITERS |= {"acreate", "aupdate", "aget_or_create", "aupdate_or_create", "_raw_delete"}
# Methods that dictionaries, sets, files and pictures have too: the receiver decides.
AMBIGUOUS = {"create", "update", "delete", "save", "set", "add", "remove", "clear"}
QUERYSET = {"objects", "_default_manager", "_base_manager", "filter", "exclude", "select_for_update", "select_related"}
QUERYSET |= {"prefetch_related", "order_by", "visible_to", "annotate", "distinct", "alias"}


def is_action(source: Source) -> bool:
    return source.role == "actions" or source.path in ENGINES or source.path.startswith("doleance/migrations/")


def transactions(source: Source) -> list[str]:
    """Uses of Django's transactions outside the one door."""
    if source.path == "doleance/kernel/db.py":
        return []
    found = []
    for node in source.walk(ast.ImportFrom, ast.Import, ast.Attribute):
        if isinstance(node, ast.ImportFrom):
            names = {alias.name for alias in node.names}
            if node.module == "django.db.transaction" or (node.module == "django.db" and "transaction" in names):
                found.append(at(source, node, "imports django.db.transaction"))
        elif isinstance(node, ast.Import):
            found += [at(source, node, alias.name) for alias in node.names if alias.name == "django.db.transaction"]
        elif isinstance(node, ast.Attribute) and node.attr in {"atomic", "set_autocommit", "savepoint"}:
            found.append(at(source, node, f".{node.attr}"))
    return found


def test_transactions_start_in_write_only():
    found = findings(transactions)
    assert not found, told(found, "Decorate the action with @write (doleance.kernel.db): it opens or joins.")


@pytest.mark.parametrize(
    "code",
    [
        "from django.db import transaction",
        "from django.db import models, transaction as t",
        "from django.db.transaction import atomic",
        "import django.db.transaction",
        "with connection.atomic(): pass",
    ],
)
def test_a_bare_transaction_is_seen(code):
    assert transactions(snippet(code))
    assert not transactions(snippet(code, "doleance/kernel/db.py"))


def querysets(function: ast.AST) -> set[str]:
    """Names which hold a queryset, a manager or a row inside `function`, as far as its text tells."""
    known: set[str] = set()
    for node in ast.walk(function):
        value = getattr(node, "value", None)
        targets = [*getattr(node, "targets", []), *([node.target] if isinstance(node, ast.For) else [])]
        if isinstance(node, ast.For):
            value = node.iter
        if value is not None and _asks_rows(value, known):
            known |= {target.id for target in targets if isinstance(target, ast.Name)}
    return known


def _asks_rows(node: ast.AST, known: set[str]) -> bool:
    """Whether the chain `node` passes by a manager or a queryset method, or starts from a name that did."""
    while isinstance(node, ast.Call | ast.Attribute):
        if isinstance(node, ast.Attribute) and node.attr in QUERYSET:
            return True
        node = node.func if isinstance(node, ast.Call) else node.value
    return isinstance(node, ast.Name) and node.id in known


def writes(source: Source) -> list[str]:
    """Rows written through the ORM outside actions."""
    if is_action(source):
        return []
    found = []
    for scope in (source.tree, *functions(source)):
        known = querysets(scope)
        found += [
            at(source, node, f"{dotted(node.func)}(…) writes rows")
            for node in ast.walk(scope)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _is_write(node, known)
        ]
    return list(dict.fromkeys(found))


def _is_write(call: ast.Call, known: set[str]) -> bool:
    assert isinstance(call.func, ast.Attribute)
    method, receiver = call.func.attr, call.func.value
    if method in WRITERS:
        return True
    if method not in AMBIGUOUS:
        return False
    if _asks_rows(receiver, known):
        return True
    if method == "save":  # a picture's or a font's save() names its file first
        return not call.args and "session" not in dotted(receiver)
    if method == "delete":  # a row's delete() has no argument
        return not call.args and not call.keywords
    # A related manager: complaint.grievances.create(…), user.teams.set(…); a plain name is a set or a dictionary.
    related = isinstance(receiver, ast.Attribute) and receiver.attr in related_managers()
    return related and not _is_request(receiver)


def _is_request(receiver: ast.AST) -> bool:
    return dotted(receiver).split(".")[0] in {"request", "response", "self"}


@cache
def related_managers() -> set[str]:
    """The names by which rows reach other rows, read from the models."""
    from django.apps import apps

    names: set[str | None] = set()
    for model in apps.get_app_config("doleance").get_models():
        names |= {relation.get_accessor_name() for relation in model._meta.related_objects}
        names |= {field.name for field in model._meta.many_to_many}
    return {name for name in names if name}


def test_rows_are_written_in_actions_only():
    found = findings(writes)
    assert not found, told(
        found, "Call an action of the domain; an action surely exists, or deserves to (actions.py)."
    )


@pytest.mark.parametrize(
    "code",
    [
        "Complaint.objects.create(title='x')",
        "Complaint.objects.filter(pk=1).update(title='x')",
        "Complaint.objects.all().delete()",
        "complaint.save()",
        "complaint.save(update_fields=['title'])",
        "complaint.delete()",
        "team.members.create(name='x')",
        "user.teams.set([])",
        "Complaint.objects.bulk_create([])",
        "Complaint.objects.get_or_create(pk=1)",
        "def f():\n    rows = Complaint.objects.filter(pk=1)\n    rows.update(title='x')",
        "def f():\n    rows = visible.filter(pk=1)\n    late = rows.order_by('id')\n    late.update(title='x')",
    ],
)
def test_a_write_outside_an_action_is_seen(code):
    assert writes(snippet(code))
    assert not writes(snippet(code, "doleance/complaints/actions.py"))
    assert not writes(snippet(code, "doleance/complaints/actions/decide.py"))


@pytest.mark.parametrize(
    "code",
    [
        "facts = {}\nfacts.update(a=1)",
        "seen = set()\nseen.add(1)\nseen.update([2])\nseen.clear()\nseen.remove(2)",
        "digest = hashlib.sha256()\ndigest.update(b'x')",
        "picture.save('x.png')",
        "font.save(path)",
        "cache.delete('key')",
        "cache.set('key', 1)",
        "request.session.save()",
        "os.environ.update(a='b')",
    ],
)
def test_dictionaries_and_pictures_are_not_rows(code):
    assert not writes(snippet(code))


def saves_overridden(source: Source) -> list[str]:
    """Models which hide a rule in save() or delete()."""
    hidden = {"save", "delete", "asave", "adelete", "full_clean", "clean"}
    return [
        at(source, function, f"overrides {function.name}()")
        for function in functions(source)
        if source.role == "models" and function.name in hidden
    ]


def test_models_hide_no_rule():
    found = findings(saves_overridden)
    assert not found, told(found, "Put the rule in rules.py and the write in actions.py.")


def test_a_hidden_save_is_seen():
    code = "class A:\n    def save(self): pass"
    assert saves_overridden(snippet(code, "doleance/complaints/models.py"))
    assert not saves_overridden(snippet(code, "doleance/boot/models_of_servers.py"))


def raw_sql(source: Source) -> list[str]:
    """SQL by hand outside queries, migrations and the named engines."""
    if source.role == "queries" or source.path.startswith("doleance/migrations/"):
        return []
    if any(source.path.startswith(place) for place in RAW_SQL):
        return []
    found = []
    for node in source.walk(ast.Call, ast.ImportFrom):
        if isinstance(node, ast.ImportFrom) and {alias.name for alias in node.names} & {"RawSQL"}:
            found.append(at(source, node, f"imports {', '.join(alias.name for alias in node.names)}"))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in {"raw", "extra", "cursor", "executemany"}:
                found.append(at(source, node, f".{node.func.attr}("))
            elif node.func.attr == "execute" and node.args and _is_sql(node.args[0]):
                found.append(at(source, node, ".execute(SQL"))
    return found


def _is_sql(node: ast.AST) -> bool:
    text = node.value if isinstance(node, ast.Constant) else None
    if isinstance(node, ast.JoinedStr) and node.values and isinstance(node.values[0], ast.Constant):
        text = node.values[0].value
    words = {"select", "insert", "update", "delete", "with", "create", "drop", "alter", "set", "lock", "truncate"}
    return isinstance(text, str) and bool(text.split()) and text.split()[0].lower() in words


def test_sql_by_hand_is_in_queries_only():
    found = findings(raw_sql)
    assert not found, told(found, "Put the SQL in <domain>/sql/*.sql and call it from queries.py through kernel.sql.")


@pytest.mark.parametrize(
    "code",
    [
        "with connection.cursor() as c: pass",
        "connections['default'].cursor()",
        "Complaint.objects.raw('SELECT 1')",
        "Complaint.objects.extra(where=['1=1'])",
        "from django.db.models.expressions import RawSQL",
        "cursor.execute('SELECT 1')",
        "cursor.execute(f'UPDATE {table} SET a = 1')",
    ],
)
def test_sql_by_hand_is_seen(code):
    assert raw_sql(snippet(code, "doleance/complaints/actions.py"))
    assert not raw_sql(snippet(code, "doleance/complaints/queries.py"))
    assert not raw_sql(snippet(code, "doleance/migrations/0002_x.py"))
