"""Rights, written by hand beside the one table (domain.md, Rights): a change of the table shows here."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doleance.accounts import rules
from doleance.accounts.rules import Actor, Permission, Role
from doleance.kernel.errors import NotAllowed

# A cross where the role may. The order of the columns is the order of `Role`.
EXPECTED = """
                   agent expert lead quality auditor administrator
read_team_files      x     .     x     .       .          .
read_all_files       .     .     .     x       x          .
read_journal         .     .     .     .       x          .
handle               x     .     x     .       .          .
note                 x     .     x     x       .          .
send                 x     .     x     .       .          .
restrict             x     .     x     x       .          .
deposit              x     x     x     x       .          x
relay                .     .     .     .       .          .
read_quarantine      x     .     x     x       x          .
sort_quarantine      .     .     x     .       .          .
settings             .     .     .     .       .          x
manage_users         .     .     .     .       .          x
"""
HEADER, *LINES = [line.split() for line in EXPECTED.strip().splitlines()]
TABLE = [
    (Role(role), Permission(name), sign == "x")
    for name, *signs in LINES
    for role, sign in zip(HEADER, signs, strict=True)
]


def person(*roles: Role) -> Actor:
    return Actor(id="user:x", name="X", roles=frozenset(roles), user_id=UUID(int=1))


@pytest.mark.parametrize(("role", "permission", "expected"), TABLE)
def test_the_table_of_rights(role, permission, expected):
    assert rules.may(person(role), permission) is expected
    if expected:
        rules.require(person(role), permission)
    else:
        with pytest.raises(NotAllowed) as refusal:
            rules.require(person(role), permission)
        assert refusal.value.facts == {"permission": permission.value}


def test_the_hand_written_table_is_complete():
    assert {(role, permission) for role, permission, _ in TABLE} == {(r, p) for r in Role for p in Permission}


@given(st.frozensets(st.sampled_from(Role)), st.sampled_from(Permission))
def test_roles_add_up_and_nothing_else_grants(roles, permission):
    assert rules.may(person(*roles), permission) is any(rules.may(person(role), permission) for role in roles)


def test_somebody_without_a_role_may_nothing():
    assert not any(rules.may(person(), permission) for permission in Permission)


def test_a_machine_may_all_and_is_named():
    robot = rules.machine("outbox")
    assert robot.id == "machine:outbox"
    assert robot.user_id is None
    assert all(rules.may(robot, permission) for permission in Permission)


def test_who_reads_no_file_writes_in_none():
    """An administrator runs the house and reads nothing; an auditor reads all and writes nothing."""
    writing = {Permission.HANDLE, Permission.NOTE, Permission.SEND, Permission.SORT_QUARANTINE}
    assert not writing & rules.PERMISSIONS[Role.AUDITOR]
    reading = {Permission.READ_ALL_FILES, Permission.READ_TEAM_FILES}
    assert not (writing | reading) & rules.PERMISSIONS[Role.ADMINISTRATOR]
    assert Permission.SEND not in rules.PERMISSIONS[Role.QUALITY]
