"""The people of every test, made by the product's own actions. They never change their part.

Amélie is an agent of the team Relation client, Bruno leads it. Chloé is an agent of another team, Logistique: she must
not see what is theirs. Inès (quality) reads all and sends nothing, Paul (audit) reads all and the journal, Nadia
(administrator) settles the house and reads no file, Karim (expert) answers for what is shared with him. Mme Durand
complains; M. Petit represents somebody.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from doleance.accounts import actions as accounts
from doleance.accounts import queries
from doleance.accounts.models import Entity, Team, User
from doleance.accounts.rules import Role, machine
from doleance.complainants import actions as complainants
from doleance.complainants.models import Party
from doleance.complaints.actions import taxonomy

# A Monday, 9:47 in Paris, an ordinary working day.
MORNING = datetime(2026, 11, 23, 8, 47, tzinfo=UTC)
TESTS = machine("tests")
PASSWORD = "une bouilloire à la mer"


@dataclass(frozen=True)
class Cast:
    """Who is there, and where they work."""

    entity: Entity
    team: Team
    logistics: Team
    amelie: User
    bruno: User
    chloe: User
    ines: User
    paul: User
    nadia: User
    karim: User
    durand: Party
    petit: Party

    @property
    def staff(self) -> tuple[User, ...]:
        """Everybody who signs in."""
        return (self.amelie, self.bruno, self.chloe, self.ines, self.paul, self.nadia, self.karim)


def assemble() -> Cast:
    """Make the house, its teams, its people and its taxonomy, and make the two complainants known."""
    entity = accounts.ensure_house(by=TESTS, at=MORNING)
    taxonomy.seed(by=TESTS, at=MORNING)
    team = queries.default_team(entity)
    logistics = accounts.save_team(team=None, entity=entity, name="Logistique", by=TESTS, at=MORNING)
    return Cast(
        entity=entity,
        team=team,
        logistics=logistics,
        amelie=colleague("Amélie Rousseau", {Role.AGENT}, [team]),
        bruno=colleague("Bruno Keller", {Role.LEAD}, [team]),
        chloe=colleague("Chloé Nguyen", {Role.AGENT}, [logistics]),
        ines=colleague("Inès Belkacem", {Role.QUALITY}),
        paul=colleague("Paul Girard", {Role.AUDITOR}),
        nadia=colleague("Nadia Ferrand", {Role.ADMINISTRATOR}),
        karim=colleague("Karim Haddad", {Role.EXPERT}, [team]),
        durand=party("Hélène Durand"),
        petit=party("Marc Petit"),
    )


def colleague(name: str, roles: Collection[Role], teams: Collection[Team] = ()) -> User:
    """One more member of staff, at an address made of the name, who signs in with `PASSWORD`."""
    mail = address(name, "maison")
    user = accounts.add_user(name=name, email=mail, roles=roles, teams=teams, by=TESTS, at=MORNING)
    accounts.choose_password(user=user, password=PASSWORD, by=TESTS, at=MORNING)
    return user


def party(name: str) -> Party:
    """One more complainant, who writes from an address made of the name."""
    return complainants.recognise(name=name, address=address(name, "courriel"), by=TESTS, at=MORNING)


def address(name: str, house: str) -> str:
    """`helene.durand@courriel.example` of « Hélène Durand »."""
    plain = name.lower().translate(str.maketrans("éèêëàâîïôûùç", "eeeeaaiiouuc"))
    return f"{plain.replace(' ', '.')}@{house}.example"
