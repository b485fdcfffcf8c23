"""Reading a message: what it says, in one pass. Pure and deterministic for a model; nothing is written, nothing sent.

The text is cleaned, its language told, its sentences found. Each sentence is encoded once; from these vectors come the
kind of the message and the changes of matter between sentences, beside the rules of `text` that find announcements,
facts, remedies and signals. Each passage that carries a request is then given its category.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from doleance.understanding.model import classify
from doleance.understanding.model.classify import Choice, Vector
from doleance.understanding.model.encoder import together
from doleance.understanding.model.languages import Languages
from doleance.understanding.model.learned import Model
from doleance.understanding.model.prepare import prepare
from doleance.understanding.rules import Facts, Incoming, MessageKind, Proposed, Reading, Signal, Span, Urgency
from doleance.understanding.text import alerts, courtesies, kinds
from doleance.understanding.text.clauses import clauses
from doleance.understanding.text.clean import Cleaned, clean
from doleance.understanding.text.facts import amounts, dates, people, references, remedies
from doleance.understanding.text.lines import fold
from doleance.understanding.text.requests import requests
from doleance.understanding.text.sentences import sentences
from doleance.understanding.text.vocabulary import packs
from doleance.understanding.text.vocabulary.packs import Found

# Sentences that are encoded: what a person writes. Beyond, a machine wrote, and time would follow its length.
MOST_SENTENCES = 200
# Which messages hold grievances; a follow-up does when it raises something new (its rule says so).
COMPLAINING = frozenset({MessageKind.COMPLAINT, MessageKind.FOLLOW_UP})
# What nobody waits for an answer to: it threatens nobody, and is never urgent.
MACHINES = frozenset({MessageKind.SPAM, MessageKind.AUTO_REPLY, MessageKind.BOUNCE})
_SURELY = 0.5
_ABOUT_NOTHING = "other.unspecified"
_LANGUAGES = Languages()
# Two days far apart: a date that both give does not hang on when the message was sent.
_LONG_AGO, _FAR_AHEAD = date(1971, 1, 1), date(2068, 7, 2)


@dataclass(frozen=True, slots=True)
class Draft:
    """A message on its way: its clean text and what was found in it."""

    cleaned: Cleaned
    language: str
    found: Found
    spans: list[Span]
    vectors: Vector


def read(message: Incoming, model: Model, *, language: str = "") -> Reading:
    """What a message says, whatever it holds. `language` (mailbox's or person's) serves where it leaves doubt."""
    seen = draft(message, model, language)
    text = seen.cleaned.text
    kind = _kind(message, seen, model)
    raised = [] if kind in MACHINES else alerts.signals(text, seen.found)
    facts = _facts(message, seen)
    return Reading(
        language=seen.language,
        kind=kind,
        clean_text=text,
        grievances=_grievances(seen, model, kind),
        order_refs=facts.order_refs,
        amounts=facts.amounts,
        dates=facts.dates,
        urgency=_urgency(message, seen, kind, raised),
        signals=tuple(_placed(signal, seen.cleaned) for signal in raised),
        model=model.id,
        facts=facts,
    )


def categorise(text: str, model: Model, *, language: str = "") -> Choice:
    """The category of a passage that carries one request, whatever courtesies are around it."""
    told = language or _LANGUAGES.guess(text).language
    kept = [
        span.of(text) for span in sentences(text)[:MOST_SENTENCES] if not courtesies.is_courtesy(fold(span.of(text)))
    ]
    return _choose("\n".join(kept) or text, model, told)


def language_of(text: str, default: str = "") -> str:
    """The language of a text (ISO 639-1), `default` where there is doubt, `und` where nothing is told at all."""
    guess = _LANGUAGES.guess(text)
    return guess.language if guess.is_sure or not default else default


def draft(message: Incoming, model: Model, default: str = "") -> Draft:
    """The clean text of a message, its language, its sentences and their vectors."""
    cleaned = clean(message.body, message.body_type, subject=message.subject)
    language = language_of(cleaned.text if len(cleaned.text) >= 20 else f"{cleaned.text}\n{message.subject}", default)
    found = packs.find(cleaned.text, language)
    spans = clauses(sentences(cleaned.text), found.folded)[:MOST_SENTENCES]
    prepared = [_prepared(span.of(cleaned.text), model, language) for span in spans]
    return Draft(cleaned, language, found, spans, model.encoder.encode(prepared))


def _prepared(text: str, model: Model, language: str) -> str:
    return prepare(text, model.accents if language == "fr" else None)


def _kind(message: Incoming, draft: Draft, model: Model) -> MessageKind:
    """The rules' word where they are sure (machines, answers, offers), else what was learned."""
    told = kinds.kind(message, draft.cleaned, draft.found)
    if told is not None:
        return told
    said = [span.of(draft.cleaned.text) for span in draft.spans]
    kept = [place for place, text in enumerate(said) if not courtesies.is_courtesy(fold(text))] or list(
        range(len(said))
    )
    parts = [_prepared(said[place], model, draft.language) for place in kept]
    vectors = draft.vectors[kept]
    if not parts:  # nothing in the body: its subject is all that was said
        parts = [_prepared(message.subject, model, draft.language)]
        vectors = model.encoder.encode(parts)
    if not any(parts):
        return MessageKind.ENQUIRY
    features = model.kinds.features("\n".join(parts), together(vectors, parts))
    return _likeliest(dict(zip(model.kinds.labels, map(float, model.kinds.probabilities(features)), strict=True)))


def _likeliest(kinds: Mapping[str, float]) -> MessageKind:
    """The likeliest kind; what nobody would answer only when it is likelier than all others together."""
    ordered = sorted(kinds, key=lambda kind: (-kinds[kind], kind))
    if MessageKind(ordered[0]) in MACHINES and kinds[ordered[0]] < _SURELY:
        ordered = [kind for kind in ordered if MessageKind(kind) not in MACHINES] or ordered
    return MessageKind(ordered[0])


def _urgency(message: Incoming, draft: Draft, kind: MessageKind, raised: Sequence[Signal]) -> Urgency:
    if kind in MACHINES:
        return Urgency.NORMAL
    sent = message.date.date() if message.date is not None else None
    return alerts.urgency(raised, draft.found, sent=sent, language=draft.language)


def _grievances(draft: Draft, model: Model, kind: MessageKind) -> tuple[Proposed, ...]:
    if kind not in COMPLAINING:
        return ()
    passages = requests(draft.cleaned.text, draft.spans, draft.found, likely(draft, model))
    if kind is MessageKind.FOLLOW_UP:
        passages = passages[1:]  # the first goes on with what is known; what is new is announced
    return tuple(_proposed(passage, draft, model) for passage in passages)


def likely(draft: Draft, model: Model) -> list[Mapping[str, float]]:
    """The probability of each `category.sub`, for each sentence alone; less than one where it is about nothing."""
    found: list[Mapping[str, float]] = []
    for span, vector in zip(draft.spans, draft.vectors, strict=True):
        features = model.categories.features(_prepared(span.of(draft.cleaned.text), model, draft.language), vector)
        told = zip(model.categories.labels, model.categories.probabilities(features).tolist(), strict=True)
        found.append({label: probability for label, probability in told if label != _ABOUT_NOTHING})
    return found


def _proposed(passage: Span, draft: Draft, model: Model) -> Proposed:
    quote = passage.of(draft.cleaned.text)
    alone = [vector for span, vector in zip(draft.spans, draft.vectors, strict=True) if span == passage]
    choice = _choose(quote, model, draft.language, alone[0] if alone else None)
    place = draft.cleaned.body_span(passage)
    return Proposed(
        start=place.start if place else None,
        end=place.end if place else None,
        quote=quote,
        category=choice.category,
        sub=choice.sub,
        top3=choice.top3,
        confidence=choice.confidence,
        wanted=remedies.wanted(draft.found, passage, about=f"{choice.category}.{choice.sub}"),
    )


def _choose(text: str, model: Model, language: str, vector: Vector | None = None) -> Choice:
    prepared = _prepared(text, model, language)
    known = model.encoder.encode([prepared])[0] if vector is None else vector
    features = model.categories.features(prepared, known)
    return classify.choose(model.categories.labels, model.categories.probabilities(features))


def _facts(message: Incoming, draft: Draft) -> Facts:
    text = draft.cleaned.text
    named = people.people(draft.cleaned, message.sender)
    return replace(
        named,
        order_refs=tuple(_references(text, message.subject)),
        amounts=tuple(amounts.amounts(text)),
        dates=tuple(_dates(text, message, draft.language)),
    )


def _references(text: str, subject: str) -> list[str]:
    """The references of the words and of the subject: « Contrat RL/88-20417 » is often said there alone."""
    told = references.references(subject) if kinds.has_own_subject(subject) else []
    return sorted({*references.references(text), *told})


def _dates(text: str, message: Incoming, language: str) -> list[date]:
    if message.date is not None:
        return dates.dates(text, message.date.date(), language)
    early, late = (set(dates.dates(text, day, language)) for day in (_LONG_AGO, _FAR_AHEAD))
    return sorted(early & late)


def _placed(signal: Signal, cleaned: Cleaned) -> Signal:
    """The signal with its place in the body as it was given."""
    if signal.start is None:
        return signal
    place = cleaned.body_span(Span(signal.start, signal.start + len(signal.quote)))
    return replace(signal, start=place.start if place else None)
