"""The file of a model: what goes in comes out, and nothing else is read."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from doleance.understanding.model import store

ARRAYS = {"a": np.arange(6, dtype=np.float32).reshape(2, 3), "b": np.array([7, 9], dtype=np.uint32)}


def test_what_goes_in_comes_out():
    packed = store.unpack(store.pack({"encoder": "x", "note": "été"}, ARRAYS))
    assert packed.facts == {"encoder": "x", "note": "été"}
    assert packed.arrays["a"].tolist() == ARRAYS["a"].tolist()
    assert packed.arrays["b"].dtype == np.uint32


def test_the_same_content_has_the_same_bytes():
    assert store.pack({"x": 1, "y": 2}, ARRAYS) == store.pack({"y": 2, "x": 1}, ARRAYS)


def test_the_digest_follows_the_content():
    other = {**ARRAYS, "b": np.array([7, 8], dtype=np.uint32)}
    assert store.unpack(store.pack({}, ARRAYS)).digest != store.unpack(store.pack({}, other)).digest


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04",
        store.MAGIC,
        store.MAGIC + b"{}\n",
        store.MAGIC + b"[]\n",
        store.MAGIC + b'{"arrays": [["a", "object", [1]]]}\n' + bytes(8),
        store.MAGIC + b'{"arrays": [["a", "float32", [-1]]]}\n',
        store.MAGIC + b'{"arrays": [["a", "float32", [9]]]}\n' + bytes(8),
        store.MAGIC + b'{"arrays": 3}\n',
        store.pack({}, ARRAYS)[:-1],
        store.pack({}, ARRAYS) + b"\0",
    ],
)
def test_anything_else_is_refused(content):
    with pytest.raises(store.BadModel):
        store.unpack(content)


@given(st.binary(max_size=200))
def test_no_bytes_make_it_crash(content):
    with pytest.raises(store.BadModel):
        store.unpack(store.MAGIC + content)
