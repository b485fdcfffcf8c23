"""What is asked about settling a complaint."""

from dataclasses import replace

from doleance.complainants import queries as complainants
from doleance.complainants.rules import PartyStatus
from doleance.complaints import queries as complaints
from doleance.complaints import rules as complaint_rules
from doleance.complaints.models import Complaint
from doleance.complaints.rules import Check, State
from doleance.notifications import queries as notifications
from doleance.packs import loader
from doleance.resolution.rules import AnswerFacts


def answer_facts(complaint: Complaint) -> AnswerFacts:
    """What decides whether a reply may leave this file."""
    party = complaint.party
    status = party.status if party else PartyStatus.UNKNOWN
    day = complaint.received_at.date()
    return AnswerFacts(
        state=State(complaint.state),
        grievances=complaints.facts(complaint).states,
        address=complainants.email_of(party) if party else "",
        musts=frozenset(must for code in complaint.regimes for must in loader.musts(code, day)),
        is_consumer=status in {PartyStatus.UNKNOWN, PartyStatus.CONSUMER},
        mediator=complaint.entity.mediator,
        final_leaving=notifications.final_leaving(complaint),
    )


def checklist(complaint: Complaint) -> list[tuple[Check, bool]]:
    """The closing checklist of a file, the outbox counted."""
    facts = replace(complaints.facts(complaint), leaving=notifications.leaving(complaint))
    return complaint_rules.checklist(facts)
