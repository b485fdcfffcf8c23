"""How Doléance says no, and how the outside world fails.

A `Refusal` is the business saying no: surfaces translate it once (HTML 422, API 409, job recorded and not retried).
Anything else that escapes an action is a bug.
"""

from typing import Any, ClassVar

from doleance.kernel.kinds import Kind


class Refusal(Exception):
    """The business refuses, with a code for machines and a French sentence for people.

    Each rule that refuses has its own subclass beside it. `sentence` is a French msgid which may name facts
    with `{name}`; surfaces translate and fill it. A fact that is a `Kind` is said by its label; any other as it is.
    """

    code: ClassVar[str] = "refused"
    sentence: ClassVar[str] = "Cette action n’est pas possible."

    def __init__(self, **facts: Any) -> None:
        super().__init__(self.code, facts)
        self.facts = facts

    def __str__(self) -> str:
        said = {name: fact.label if isinstance(fact, Kind) else fact for name, fact in self.facts.items()}
        return self.sentence.format(**said)


class NotAllowed(Refusal):
    """The person has no right to do this."""

    code = "not_allowed"
    sentence = "Vous n’avez pas le droit de faire cela. Demandez à votre responsable d’équipe."


class Stale(Refusal):
    """Somebody else changed the same thing in between; nothing was overwritten."""

    code = "stale"
    sentence = "Ce dossier a changé pendant que vous écriviez. Relisez ce qui est arrivé ; votre texte est gardé."


class ChannelError(Exception):
    """A channel could not send or fetch. `permanent` says that trying again is useless."""

    def __init__(self, message: str, *, permanent: bool) -> None:
        super().__init__(message)
        self.permanent = permanent
