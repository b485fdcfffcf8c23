"""What happens to parties and to the ways to reach them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Model

from doleance.accounts.rules import Actor, Permission, require
from doleance.audit import actions as audit
from doleance.complainants import queries, rules
from doleance.complainants.models import Address, Party
from doleance.complainants.rules import AddressChannel, PartyStatus
from doleance.kernel import db
from doleance.kernel.db import write


@write
def recognise(
    *,
    name: str,
    address: str,
    language: str = "fr",
    proved: bool = False,
    written_at: datetime | None = None,
    by: Actor,
    at: datetime,
) -> Party:
    """The party who writes from this mail address; made known when nobody does.

    The address is what recognises, never the name. Two intakes of one new address wait for each other,
    so that one person is made once. An existing party keeps the name the staff know. `proved` and `written_at` say
    what a mail that came from there shows, as `heard_from` takes it.
    """
    normal, met = rules.normal_email(address), db.pending(_Met)
    known = met.way(address)
    if known is not None:
        heard_from(address=known, proved=proved, written_at=written_at, by=by, at=at)
        return known.party
    party = db.insert(Party(name=rules.name_or_address(name, address), language=language, created_at=at))
    way = db.insert(
        Address(party=party, channel=AddressChannel.EMAIL, value=address.strip(), normal=normal, verified=proved)
    )
    met.learn(way)
    audit.record(
        stream=party.journal_stream,
        code="party_recognised",
        by=by.id,
        at=at,
        rows=[(party, None), (way, None)],
        subject=party.id,
    )
    return party


@write
def introduce(
    *,
    name: str = "",
    title: str = "",
    ways: Mapping[AddressChannel, str],
    language: str = "fr",
    status: PartyStatus = PartyStatus.UNKNOWN,
    is_customer: bool | None = None,
    preferred: AddressChannel | None = None,
    reach_when: str = "",
    adaptations: str = "",
    is_heard: bool = False,
    by: Actor,
    at: datetime,
) -> Party:
    """The party that somebody says to be who types into a form, or tells an agent: nothing of it is proven.

    A mail address that we know recognises its party, of whom nothing is changed: neither the name, nor the ways to
    reach them. `is_heard`: one of us had it from the person, so that what we did not know of a known party is kept;
    what says otherwise than what we know waits for `adopt`. Without a known address a party is made: a telephone or
    a letter box is a household's. Raises ContactUnreadable.
    """
    said = rules.said_columns(
        title=title,
        status=status,
        is_customer=is_customer,
        preferred=preferred,
        reach_when=reach_when,
        adaptations=adaptations,
    )
    normals = {channel: rules.readable_contact(channel, value) for channel, value in ways.items() if value.strip()}
    email = ways[AddressChannel.EMAIL] if AddressChannel.EMAIL in normals else ""
    known = db.pending(_Met).way(email) if email else None
    if known is not None:
        return _complete(known.party, said, ways, by, at) if is_heard else known.party
    called = rules.name_or_address(name, email) or ways.get(AddressChannel.PHONE, "").strip()[:200]
    party = Party(name=called, language=language, created_at=at, **said)
    return _make_known(party, {channel: (ways[channel].strip(), normals[channel]) for channel in normals}, by, at)


def _make_known(party: Party, ways: Mapping[AddressChannel, tuple[str, str]], by: Actor, at: datetime) -> Party:
    """Keep a party that is new, with the ways to reach them, as typed and in their normal form."""
    db.insert(party)
    made = [
        db.insert(Address(party=party, channel=channel, value=value, normal=normal))
        for channel, (value, normal) in ways.items()
    ]
    db.pending(_Met).learn_party(party, next((way for way in made if way.channel == AddressChannel.EMAIL), None))
    rows: list[tuple[Model, None]] = [(party, None), *((way, None) for way in made)]
    code = "party_recognised" if AddressChannel.EMAIL in ways else "party_introduced"
    audit.record(stream=party.journal_stream, code=code, by=by.id, at=at, rows=rows, subject=party.id)
    return party


def _complete(
    party: Party, said: Mapping[str, object], ways: Mapping[AddressChannel, str], by: Actor, at: datetime
) -> Party:
    """Keep of what was said of a known party what we did not know, and nothing that says otherwise."""
    known = {AddressChannel(way.channel) for way in queries.addresses(party)}
    lacking = {name: value for name, value in said.items() if rules.is_unsaid(getattr(party, name))}
    return _take_in(party, lacking, {channel: ways[channel] for channel in ways if channel not in known}, by, at)


@write
def adopt(
    *, party: Party, said: Mapping[str, object], ways: Mapping[AddressChannel, str], by: Actor, at: datetime
) -> Party:
    """Take what was said of a party as what we know: `said` by column, `ways` beside those that are known.

    Who handles files may. What is empty, or known so, changes nothing. Refuses as `correct_address`, AddressKnown
    apart.
    """
    require(by, Permission.HANDLE)
    return _take_in(party, said, ways, by, at)


def _take_in(
    party: Party, said: Mapping[str, object], ways: Mapping[AddressChannel, str], by: Actor, at: datetime
) -> Party:
    """Keep these columns and these ways, in one event; none when there is nothing new."""
    held = Party.objects.select_for_update().get(pk=party.pk)
    fields = rules.news(said=said, known={name: getattr(held, name) for name in said})
    rows: list[tuple[Model, Sequence[str] | None]] = [(way, None) for way in _new_ways(held, ways)]
    if fields:
        for name, value in fields.items():
            setattr(held, name, value)
        held.save(update_fields=list(fields))
        rows.append((held, list(fields)))
    if rows:
        audit.record(stream=held.journal_stream, code="party_completed", by=by.id, at=at, rows=rows, subject=held.id)
    return held


def _new_ways(party: Party, ways: Mapping[AddressChannel, str]) -> list[Address]:
    """One more way for each that leads nowhere we know of."""
    known = queries.addresses(party)
    made = []
    for channel, value in ways.items():
        normal = rules.normal_contact(channel, value)
        if rules.leads_to(channel, normal, [one.normal for one in known if one.channel == channel]):
            continue
        normal = _free(party, channel, value)
        made.append(Address.objects.create(party=party, channel=channel, value=value.strip(), normal=normal))
        db.pending(_Met).forget(made[-1])
    return made


def meet(addresses: Iterable[str]) -> None:
    """Hold and look up many mail addresses at once, in one order, before `recognise` is asked about each."""
    db.pending(_Met).look(addresses)


def email_of(party: Party) -> str:
    """Where letters to a party go, as the running write knows it."""
    return db.pending(_Met).email(party)


class _Met:
    """The mail addresses that one write holds, and what it found of each: nobody else changes who they lead to."""

    def __init__(self) -> None:
        self._ways: dict[str, Address | None] = {}
        self._emails: dict[UUID, str] = {}

    def look(self, addresses: Iterable[str]) -> None:
        """Hold and look up those that are not held yet."""
        normals = {rules.normal_email(address) for address in addresses} - set(self._ways)
        db.hold_all(f"address:{normal}" for normal in normals)
        found = queries.by_normals(normals - {""}) if normals else {}
        self._ways |= {normal: found.get(normal) for normal in normals}

    def way(self, address: str) -> Address | None:
        """The address, when somebody is known by it."""
        self.look([address])
        return self._ways[rules.normal_email(address)]

    def learn(self, way: Address) -> None:
        """Keep one that was just made, the only one of its party."""
        self._ways[way.normal], self._emails[way.party_id] = way, way.value

    def learn_party(self, party: Party, way: Address | None) -> None:
        """Keep a party that was just made, who has this mail address or none."""
        self._emails[party.id] = ""
        if way is not None:
            self.learn(way)

    def email(self, party: Party) -> str:
        """Where letters to a party go; those of all whom this write met are asked together."""
        if party.id not in self._emails:
            met = {way.party_id for way in self._ways.values() if way is not None} | {party.id}
            missing = met - set(self._emails)
            self._emails |= dict.fromkeys(missing, "") | queries.emails_of(missing)
        return self._emails[party.id]

    def forget(self, way: Address) -> None:
        """An address is about to change: what is known of it, and of its party, is asked anew."""
        self._ways = {normal: one for normal, one in self._ways.items() if one is None or one.pk != way.pk}
        self._emails.pop(way.party_id, None)

    def finish(self) -> None:
        """Nothing waits: locks end with the transaction."""


@write
def heard_from(*, address: Address, proved: bool, written_at: datetime | None, by: Actor, at: datetime) -> None:
    """A mail came from this address: it works, and is verified when our mail server proved the sender.

    `written_at` is when it was received; None when no mail shows anything (somebody typed the address).
    """
    again = rules.works_again(invalid_at=address.invalid_at, written_at=written_at)
    if not again and (address.verified or not proved):
        return
    held = _held(address)
    fields = []
    if proved and not held.verified:
        held.verified = True
        fields.append("verified")
    if rules.works_again(invalid_at=held.invalid_at, written_at=written_at):
        held.invalid_at, held.invalid_because = None, ""
        fields += ["invalid_at", "invalid_because"]
    if fields:
        _keep(held, "address_works" if again else "address_verified", fields, by, at)


def _held(address: Address) -> Address:
    db.pending(_Met).forget(address)
    return Address.objects.select_for_update(of=("self",)).select_related("party").get(pk=address.pk)


def _keep(address: Address, code: str, fields: Sequence[str], by: Actor, at: datetime) -> None:
    address.save(update_fields=fields)
    rows = [(address, fields)]
    audit.record(stream=address.journal_stream, code=code, by=by.id, at=at, rows=rows, subject=address.party_id)


@write
def mark_invalid(*, address: Address, because: str, by: Actor, at: datetime) -> bool:
    """Note that mail to this address comes back, in the refusing server's words; whether it is news.

    It stays so until a person corrects it or says that it works, or its owner writes from it.
    """
    held = _held(address)
    if held.invalid_at is not None:
        return False
    held.invalid_at, held.invalid_because = at, because
    _keep(held, "address_invalid", ["invalid_at", "invalid_because"], by, at)
    return True


@write
def describe(*, party: Party, status: PartyStatus, is_customer: bool | None, by: Actor, at: datetime) -> Party:
    """Say whether somebody is a consumer, and whether they are a customer. Who handles files may.

    Mediators and packs look at it from then on; a clock that runs keeps its date.
    """
    require(by, Permission.HANDLE)
    held = Party.objects.select_for_update().get(pk=party.pk)
    if (held.status, held.is_customer) == (status, is_customer):
        return held
    held.status, held.is_customer = status, is_customer
    held.save(update_fields=["status", "is_customer"])
    rows = [(held, ["status", "is_customer"])]
    audit.record(stream=held.journal_stream, code="party_described", by=by.id, at=at, rows=rows, subject=held.id)
    return held


@write
def trust_address(*, address: Address, by: Actor, at: datetime) -> Address:
    """Say that an address works after all: mail goes there again. Who handles files may."""
    require(by, Permission.HANDLE)
    held = _held(address)
    if held.invalid_at is not None:
        held.invalid_at, held.invalid_because = None, ""
        _keep(held, "address_works", ["invalid_at", "invalid_because"], by, at)
    return held


@write
def correct_address(*, address: Address, value: str, by: Actor, at: datetime) -> Address:
    """Write an address as it should be; mail goes there. What it was stays on the journal. Who handles files may.

    Refuses what leads to nobody, another party's address, and one that the party has already.
    """
    require(by, Permission.HANDLE)
    held = _held(address)
    channel = AddressChannel(held.channel)
    normal = _free(held.party, channel, value, but=held)
    held.value, held.normal = value.strip(), normal
    held.verified, held.invalid_at, held.invalid_because = False, None, ""
    fields = ["value", "normal", "verified", "invalid_at", "invalid_because"]
    _keep(held, "address_corrected", fields, by, at)
    return held


@write
def add_address(*, party: Party, channel: AddressChannel, value: str, by: Actor, at: datetime) -> Address:
    """Give a party one more way to be reached. Who handles files may. Refuses as `correct_address`."""
    require(by, Permission.HANDLE)
    normal = _free(party, channel, value)
    way = Address.objects.create(party=party, channel=channel, value=value.strip(), normal=normal)
    db.pending(_Met).forget(way)
    rows = [(way, None)]
    audit.record(stream=party.journal_stream, code="address_added", by=by.id, at=at, rows=rows, subject=party.id)
    return way


def _free(party: Party, channel: AddressChannel, value: str, but: Address | None = None) -> str:
    """The normal form of a contact that this party may be given, held until the end of the transaction."""
    normal, is_mail = rules.readable_contact(channel, value), channel is AddressChannel.EMAIL
    db.hold(f"address:{normal}")
    others = Address.objects.filter(channel=channel, normal=normal)
    for other in others.order_by("id"):
        if other.party_id == party.id and other != but:
            raise rules.AddressKnown
        if other.party_id != party.id and is_mail:
            raise rules.AddressOfAnother
    return normal
