"""A deposit as a draft keeps it while it waits its turn: what JSON can say, and back. Pure.

Its files are not in it: they stay with the draft, which nobody changes any more.
"""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from doleance.complainants.rules import AddressChannel, PartyStatus
from doleance.intake.deposits import Contact, Deposit, Representative, Wish


def written(deposit: Deposit) -> dict[str, Any]:
    """All that was told, without the files."""
    return asdict(replace(deposit, files=(), facts=dict(deposit.facts))) | {"files": []}


def read(told: Mapping[str, Any]) -> Deposit:
    """The deposit that was written so, without its files."""
    on_behalf = told["representative"]
    return Deposit(
        **dict(told)
        | {
            "contact": _contact(told["contact"]),
            "representative": Representative(_contact(on_behalf["contact"]), on_behalf["capacity"])
            if on_behalf
            else None,
            "wishes": tuple(Wish(one) for one in told["wishes"]),
            "files": (),
            "marks": tuple(told.get("marks", ())),
        }
    )


def _contact(told: Mapping[str, Any]) -> Contact:
    preferred = told["preferred"]
    return Contact(
        **dict(told)
        | {
            "preferred": AddressChannel(preferred) if preferred else None,
            "status": PartyStatus(told["status"]),
        }
    )
