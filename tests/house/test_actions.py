"""Actions: keyword-only, told who and when; each leaves an event, and the few that need not say why."""

import ast
import importlib
import inspect

import pytest

from tests.house.source import Source, at, dotted, findings, functions, product, snippet, told

# Actions whose signature says who acts under another name.
WHO = {"by", "reader"}
# Every `@write(quiet=…)`: an action which may leave no event, and why. A new one is a decision: write it here too.
QUIET = {
    "accounts.actions.close_links": (
        "what closes them is on the journal: a password, a sign-on, sessions that were ended"
    ),
    "accounts.actions.forget_links": (
        "a link that ended long ago opens nothing; that it was made and used stays on the journal"
    ),
    "channels.actions.fetching.advance": "a mark of progress, which follows from the ledger",
    "channels.actions.fetching.begin": "the health of a mailbox changes each minute and is no history",
    "channels.actions.fetching.fail": "the health of a mailbox changes each minute and is no history",
    "channels.actions.fetching.number": "a mark of progress, which follows from the ledger",
    "channels.actions.fetching.sweep": "a mark of progress, which follows from the ledger",
    "channels.actions.fetching.succeed": "the health of a mailbox changes each minute and is no history",
    "complaints.actions.access.ask_code": "a code proves nothing by itself; the visit that it opens is on the journal",
    "complaints.actions.access.spend_code": (
        "a code proves nothing by itself; the visit that it opens is on the journal"
    ),
    "complaints.actions.access.note_mailed": "its mail is on the journal",
    "complaints.actions.access.forget_codes": ("a code proves nothing by itself; what it opened stays on the journal"),
    "keys.actions.enter_call": "what the call makes is on the journal",
    "keys.actions.spend": "a counter that changes at each call and is no history",
    "matching.actions.answering.propose": "a proposal is no fact; what a person answers is on the journal",
    "matching.actions.answering.note_traits": "derived from the file, and written anew at will",
    "matching.actions.answering.forget_old": "an index of what other tables hold",
    "matching.actions.answering.bring_together": (
        "two files put side by side; what a person answers is on the journal"
    ),
    "notifications.actions.codes.ask": (
        "a code proves nothing by itself; its mail and the visit that it opens are on the journal"
    ),
    "complaints.actions.dossiers.note_next": "denormalised from clocks that are on the journal",
    "routing.actions.batches._note": "what becomes of one file is on its own chain, and the gesture on its author's",
    "intake.actions.waiting.wait": "what waits its turn is on the journal once it opens its file",
    "intake.actions.drafts.begin": "a draft: nothing was said to us yet",
    "intake.actions.drafts.keep": "a draft: nothing was said to us yet",
    "intake.actions.drafts.speak": "a draft: nothing was said to us yet",
    "intake.actions.drafts.add_file": "a draft: nothing was said to us yet",
    "intake.actions.drafts.remove_file": "a draft: nothing was said to us yet",
    "intake.actions.drafts.erase": "a draft: nothing was said to us yet",
    "intake.actions.drafts.sweep": "a draft: nothing was said to us yet",
    "intake.actions.drafts.forget_marks": "a mark to count by, which serves no more",
}


def is_write(decorator: ast.expr) -> bool:
    return dotted(decorator).split(".")[-1] == "write"


def signatures(source: Source) -> list[str]:
    """Actions which are not keyword-only, or are not told who and when (a quiet one leaves no event to sign)."""
    if source.path == "doleance/kernel/db.py":
        return []
    found = []
    for function in functions(source):
        if not any(is_write(decorator) for decorator in function.decorator_list):
            continue
        args = function.args
        names = {argument.arg for argument in args.kwonlyargs}
        if args.args or args.posonlyargs or args.vararg:
            found.append(at(source, function, f"{function.name} takes positional arguments"))
        quiet = any(isinstance(decorator, ast.Call) for decorator in function.decorator_list)
        if not quiet and not function.name.startswith("_") and not (names & WHO and "at" in names):
            found.append(at(source, function, f"{function.name} does not take `by` and `at`"))
    return found


def test_actions_are_told_who_and_when():
    found = findings(signatures)
    assert not found, told(found, "def decide(*, grievance: Grievance, outcome: Outcome, by: Actor, at: datetime)")


@pytest.mark.parametrize(
    "code",
    [
        "@write\ndef open(complaint, *, by, at): pass",
        "@write\ndef open(*, complaint, by): pass",
        "@write\ndef open(*, complaint, at): pass",
        "@db.write\ndef open(*, complaint): pass",
        "@write(quiet='a lease')\ndef take(lease): pass",
        "@write\ndef open(*complaints, by, at): pass",
    ],
)
def test_a_wrong_signature_is_seen(code):
    assert signatures(snippet(code, "doleance/complaints/actions.py"))


def test_a_right_signature_passes():
    assert not signatures(snippet("@write\ndef open(*, complaint, by, at): pass", "doleance/complaints/actions.py"))


def misplaced(source: Source) -> list[str]:
    """`@write` outside an actions file."""
    if source.role == "actions" or source.path == "doleance/kernel/db.py":
        return []
    return [
        at(source, function, f"{function.name} is a @write")
        for function in functions(source)
        if any(is_write(decorator) for decorator in function.decorator_list)
    ]


def test_writes_live_in_actions():
    found = findings(misplaced)
    assert not found, told(found, "Move it to actions.py, or actions/<topic>.py.")


def test_a_misplaced_write_is_seen():
    assert misplaced(snippet("@write\ndef open(*, by, at): pass", "doleance/staff/views/inbox.py"))


def quiet_reasons(sources: tuple[Source, ...]) -> dict[str, str]:
    """Each quiet action and its reason, from the source."""
    found = {}
    for source in sources:
        for function in functions(source):
            for decorator in function.decorator_list:
                if isinstance(decorator, ast.Call) and is_write(decorator):
                    reason = next((keyword.value for keyword in decorator.keywords if keyword.arg == "quiet"), None)
                    text = reason.value if isinstance(reason, ast.Constant) else "?"
                    found[f"{source.module.removeprefix('doleance.')}.{function.name}"] = str(text)
    return found


def test_each_quiet_action_is_known_and_says_why():
    assert quiet_reasons(product()) == QUIET, "An action may be quiet for a reason only: write it in QUIET too."
    assert all(len(reason) > 10 for reason in QUIET.values())


def test_a_new_quiet_action_is_seen():
    code = "@write(quiet='because')\ndef take(*, by, at): pass"
    assert quiet_reasons((snippet(code, "doleance/complaints/actions.py"),)) == {"complaints.actions.take": "because"}


def unmarked_writers(source: Source) -> list[str]:
    """Public functions of actions files which neither are `@write` nor lead to one: doors to the tables."""
    if source.role != "actions":
        return []
    found = []
    for node in source.tree.body:
        if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
            continue
        if any(is_write(decorator) for decorator in node.decorator_list):
            continue
        calls = {dotted(call.func).split(".")[-1] for call in ast.walk(node) if isinstance(call, ast.Call)}
        if calls & {"save", "create", "bulk_create", "bulk_update", "get_or_create", "update_or_create", "delete"}:
            found.append(at(source, node, f"{node.name} writes without @write"))
    return found


def test_public_functions_that_write_say_so():
    found = findings(unmarked_writers)
    assert not found, told(found, "Decorate it with @write; joined by its caller's transaction, it costs nothing.")


def test_an_unmarked_writer_is_seen():
    path = "doleance/complaints/actions.py"
    assert unmarked_writers(snippet("def open(*, by, at):\n    Complaint.objects.create()", path))
    assert not unmarked_writers(snippet("@write\ndef open(*, by, at):\n    Complaint.objects.create()", path))


def test_running_actions_agree_with_their_source():
    """What the source calls `@write` is really wrapped by it: no other decorator of that name."""
    for source in product():
        if source.role != "actions":
            continue
        module = importlib.import_module(source.module)
        for node in source.tree.body:
            if isinstance(node, ast.FunctionDef) and any(is_write(one) for one in node.decorator_list):
                action = getattr(module, node.name)
                assert getattr(action, "__doleance_write__", False), f"{source.module}.{node.name}"
                assert inspect.getdoc(action) or node.name.startswith("_"), f"{source.module}.{node.name}: docstring"
