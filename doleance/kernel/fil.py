"""« Le fil »: the thread of a complaint's deadlines, as screens draw it. Pure."""

from dataclasses import dataclass
from typing import Literal

from doleance.kernel.delays import Tone


@dataclass(frozen=True, slots=True)
class Mark:
    """One point of the thread, with its words already said.

    `place`: done, now (whose turn it is), ahead, or void (a clock that has not started). `tone`: late or soon, on what
    is due. `legal`: the law's own limit, drawn as a diamond. `why`: how the date was counted, in a sentence.
    """

    label: str
    words: str
    place: Literal["done", "now", "ahead", "void"] = "ahead"
    tone: Tone = ""
    legal: bool = False
    why: str = ""

    @property
    def classes(self) -> str:
        """The classes of its list item."""
        parts = ("" if self.place == "ahead" else self.place, self.tone, "law" if self.legal else "")
        return " ".join(part for part in parts if part)
