"""What a person says of a pair of files, and what a machine proposes. An answer stays until it is taken back."""

from collections.abc import Sequence
from datetime import datetime

from doleance.accounts.rules import Actor, Permission, require
from doleance.complaints.actions import dossiers as complaints
from doleance.complaints.models import Complaint
from doleance.kernel.db import write
from doleance.matching import queries, rules
from doleance.matching.models import Pair, Traits
from doleance.matching.rules import Answer
from doleance.understanding.duplicates.candidates import LIKE_WINDOW
from doleance.understanding.duplicates.score import Match
from doleance.understanding.process.child import Meaning

_CODES = {Answer.LINKED: "linked", Answer.DIFFERENT: "told_apart", Answer.OPEN: "answer_taken_back"}


@write
def link(*, one: Complaint, other: Complaint, by: Actor, at: datetime) -> Pair:
    """Say that two files are of one matter and stay two: other people's, or one that must not be merged.

    Who may: those who handle files, for two that they may read. Neither file shows anything of the other one but its
    reference, to who may read that one. Raises AlreadyAnswered, SameFile.
    """
    return _answer(one, other, Answer.LINKED, by, at)


@write
def tell_apart(*, one: Complaint, other: Complaint, by: Actor, at: datetime) -> Pair:
    """Say that two files are two matters: they are never proposed again. Who may, and raises: as `link`."""
    return _answer(one, other, Answer.DIFFERENT, by, at)


@write
def take_back(*, pair: Pair, by: Actor, at: datetime) -> Pair:
    """Let a pair that was linked or told apart wait for an answer again. Raises NothingAnswered.

    Who may: as `link`. A merge is taken back by `merging.separate`.
    """
    require(by, Permission.HANDLE)
    first, second = _held(pair.first, pair.second, by)
    row = Pair.objects.select_for_update(of=("self",)).get(pk=pair.pk)
    if row.answer not in {Answer.LINKED, Answer.DIFFERENT}:
        raise rules.NothingAnswered
    return settle(one=first, other=second, answer=Answer.OPEN, by=by, at=at)


def _answer(one: Complaint, other: Complaint, answer: Answer, by: Actor, at: datetime) -> Pair:
    require(by, Permission.HANDLE)
    if one.pk == other.pk:
        raise rules.SameFile
    first, second = _held(one, other, by)
    known = queries.pair_of(first, second)
    if known is not None and known.answer == answer:
        return known  # pressed twice, it is said once
    if known is not None and known.answer != Answer.OPEN:
        raise rules.AlreadyAnswered(answer=Answer(known.answer))
    return settle(one=first, other=second, answer=answer, by=by, at=at)


def _held(one: Complaint, other: Complaint, by: Actor) -> tuple[Complaint, Complaint]:
    low, high = sorted((one, other), key=lambda file: file.pk)
    return complaints.locked(low, by=by), complaints.locked(high, by=by)


@write
def settle(*, one: Complaint, other: Complaint, answer: Answer, by: Actor, at: datetime) -> Pair:
    """Keep what is said of two files, both held, and tell it on both chains; a merge tells itself there."""
    first, second = queries.in_order(one, other)
    pair = queries.pair_of(first, second) or Pair(first=first, second=second, proposed_at=at)
    pair.answer = answer
    is_open = answer is Answer.OPEN
    pair.answered_at, pair.answered_by_id = (None, None) if is_open else (at, by.user_id)
    pair.save()
    code = _CODES.get(answer)
    if code:
        for file, twin in ((first, second), (second, first)):
            complaints.record(file, code, by=by, at=at, facts={"other": str(twin.pk)})
    return pair


@write(quiet="a proposal is no fact; what a person answers is on the journal")
def propose(*, complaint: Complaint, matches: Sequence[tuple[Complaint, Match]], at: datetime) -> list[Pair]:
    """Keep what a machine finds alike, for a person to answer; what was answered stays answered, whatever is found.

    Files of another company, or of another circle, are proposed to be linked at most by who reads both.
    """
    found = []
    for other, match in matches:
        first, second = queries.in_order(complaint, other)
        told = {
            "score": match.score,
            "relation": match.relation,
            "why": [[one.reason.value, one.number] for one in match.why],
            "proposed_at": at,
        }
        row, is_new = Pair.objects.get_or_create(first=first, second=second, defaults=told)
        if is_new:
            found.append(row)
        elif row.answer == Answer.OPEN and row.score != match.score:
            Pair.objects.filter(pk=row.pk, answer=Answer.OPEN).update(
                score=match.score, relation=match.relation, why=told["why"]
            )
    return found


@write(quiet="derived from the file, and written anew at will")
def note_traits(*, complaint: Complaint, keys: Sequence[str], meaning: Meaning | None = None, at: datetime) -> Traits:
    """Keep what a file is compared by, and as of which change of it; in PostgreSQL's index while it is recent at `at`.

    `complaint` as it was read before anything of it was: what was written while it was compared is a later change, and
    is looked at again.
    """
    told = {
        "entity_id": complaint.entity_id,
        "keys": list(keys),
        "encoder": meaning.encoder if meaning is not None else "",
        "vector": meaning.vector if meaning is not None else None,
        "received_at": complaint.received_at,
        "noted_at": complaint.changed_at,
    }
    kept = Traits.objects.update_or_create(complaint=complaint, defaults=told)[0]
    if queries.has_index():
        queries.note_vector(complaint.pk, since=at - LIKE_WINDOW)
    return kept


@write(quiet="an index of what other tables hold")
def forget_old(*, at: datetime) -> int:
    """Let PostgreSQL's index of meanings forget the files that nobody is compared with any more; how many."""
    return queries.keep_vectors(since=at - LIKE_WINDOW) if queries.has_index() else 0


@write(quiet="two files put side by side; what a person answers is on the journal")
def bring_together(*, one: Complaint, other: Complaint, at: datetime) -> Pair:
    """Put two files side by side by hand: the pair that is known of them, or one that waits for an answer."""
    first, second = queries.in_order(one, other)
    return Pair.objects.get_or_create(first=first, second=second, defaults={"score": 1, "proposed_at": at})[0]
