"""The model that reads: the shipped one, a file that is named, or what can be taught where the encoder is missing.

python -m doleance.understanding.model.shipped      writes the shipped file anew from the examples
"""

import sys
import threading
from functools import cache
from importlib import resources
from pathlib import Path

import numpy as np
from sklearn.decomposition import TruncatedSVD

from doleance.understanding.model import encoder as encoders
from doleance.understanding.model import learned, lessons, train, words
from doleance.understanding.model.encoder import Encoder, Sentences, Words
from doleance.understanding.model.learned import Model
from doleance.understanding.model.prepare import prepare

_FILE = "shipped.model"
_FALLBACK_SIZE = 256
_loading = threading.RLock()


class _Kept:
    """What was loaded in this process, once."""

    model: Model | None = None


def shipped() -> Model:
    """The model that comes with Doléance, loaded once a process. Without its encoder: taught anew on the fallback."""
    with _loading:
        if _Kept.model is None:
            _Kept.model = load(_content()) if encoders.is_available() else without_encoder()
        return _Kept.model


def load(content: bytes) -> Model:
    """A model from the bytes of its file. Raises BadModel."""
    return learned.load(content, _sentences())


def from_file(path: Path) -> Model:
    """A model from its file. Raises BadModel, OSError."""
    return load(path.read_bytes())


def without_encoder() -> Model:
    """A model of the shipped examples on counts of words alone: some seconds, in memory."""
    encoder = fallback()
    return learned.load(lessons.teach(lessons.shipped(), encoder, is_small=True).content, encoder)


def fallback(size: int = _FALLBACK_SIZE) -> Encoder:
    """TF-IDF of the shipped examples brought down to `size` dimensions."""
    texts = [prepare(example.text) for example in lessons.shipped()]
    vocabulary = words.learn(texts)
    svd = TruncatedSVD(n_components=size, random_state=train.SEED)
    svd.fit(train.matrix(vocabulary, texts))
    return Words(name=f"words-{size}", vocabulary=vocabulary, axes=np.ascontiguousarray(svd.components_.T, np.float32))


@cache
def _sentences() -> Sentences:
    return Sentences()


def _content() -> bytes:
    return (resources.files("doleance.understanding.model") / _FILE).read_bytes()


def main() -> int:
    """Teach the shipped examples and write the file; say the figures by cross-validation."""
    taught = lessons.teach(lessons.shipped(), _sentences(), is_small=True)
    path = Path(__file__).with_name(_FILE)
    path.write_bytes(taught.content)
    sys.stdout.write(f"{path.name}: {len(taught.content)} octets\n")
    sys.stdout.write(f"categories: {taught.categories.figures}\nkinds: {taught.kinds.figures}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
