"""How Doléance says no."""

import pickle

import pytest

from doleance.kernel.errors import ChannelError, NotAllowed, Refusal, Stale


class Full(Refusal):
    code = "full_in_a_test"
    sentence = "Il reste {left} place sur {size}."


def test_a_refusal_speaks_with_its_facts():
    refusal = Full(left=1, size=10)
    assert str(refusal) == "Il reste 1 place sur 10."
    assert refusal.facts == {"left": 1, "size": 10}
    assert refusal.code == "full_in_a_test"


def test_a_refusal_is_recognised_by_its_kind():
    with pytest.raises(Refusal) as caught:
        raise NotAllowed(permission="send")
    assert caught.value.facts == {"permission": "send"}
    assert isinstance(caught.value, NotAllowed)
    assert not isinstance(caught.value, Stale)


def test_each_class_keeps_its_own_code():
    assert len({Refusal.code, NotAllowed.code, Stale.code, Full.code}) == 4


def test_a_forgotten_fact_is_a_bug():
    with pytest.raises(KeyError, match="size"):
        str(Full(left=1))


@pytest.mark.parametrize("permanent", [True, False])
def test_a_channel_says_whether_to_try_again(permanent):
    error = ChannelError("550 no such user", permanent=permanent)
    assert error.permanent is permanent
    assert str(error) == "550 no such user"
    assert not isinstance(error, Refusal)


def test_a_refusal_has_its_code_in_a_log():
    assert "full_in_a_test" in repr(Full(left=1, size=10))


def test_pickling_is_never_needed():
    """Refusals stay in their process: nothing of ours pickles (reliability.md, section 5)."""
    with pytest.raises(TypeError):
        pickle.loads(pickle.dumps(ChannelError("x", permanent=True)))
