"""The pages that must not slow down: python -m benchmarks.lists --count 1000 10000 100000 1000000 --folder HERE

One run asks, in turn, houses of each size for the list, a search, a file, and a bare Django page of fifty rows,
through the whole application each time and in a process a house: what else this machine does weighs on all alike. Half
of the searches are for something rare, four in ten for two words, one in ten for a word that stands in a third of all
files. Prints the seed, medians and 95th percentiles in milliseconds, and the ratios that are promised.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random

from benchmarks import houses

KINDS = ("list", "search", "file", "bare")
WARM = 3  # first requests of each kind, not counted


class Reader:
    """A process that works on one house, and times a request when it is asked to.

    `words` are those of the last search, for another product to look for the same.
    """

    def __init__(
        self, environment: Mapping[str, str], seed: int, *, python: str = sys.executable, of: str = "lists"
    ) -> None:
        command = [python, "-m", f"benchmarks.{of}_reader", f"--seed={seed}"]
        self.words = ""
        self._process = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, kind: str, words: str = "") -> float:
        """Milliseconds of one request. Raises RuntimeError when the page did not answer as it should."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{kind} {words}\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError(f"the reader ended at {kind}")
        told = json.loads(answer)
        self.words = told["words"]
        return float(told["ms"])

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()


@dataclass(frozen=True, slots=True)
class Told:
    """What a kind of page took in one house."""

    times: Sequence[float]

    @property
    def median(self) -> float:
        return statistics.median(self.times)

    @property
    def p95(self) -> float:
        return statistics.quantiles(self.times, n=20)[-1] if len(self.times) > 1 else self.times[0]


@dataclass(frozen=True, slots=True)
class Promise:
    """One ratio, and how large it may be; `most` is None for one that is only told."""

    words: str
    ratio: float
    most: float | None

    @property
    def is_kept(self) -> bool:
        return self.most is None or self.ratio <= self.most


def main() -> int:
    """Build or reopen the houses, ask them in turn, tell; 1 when a promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--rounds", type=int, default=40, help="requests of each kind to each house")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--folder", type=Path, help="where houses are kept; made anew when absent")
    options = parser.parse_args()
    counts = sorted(options.count)
    sys.stdout.write(f"seed {options.seed}, load {os.getloadavg()[0]:.1f}\n")
    with houses.kept(options.folder) as made, ExitStack() as stack:
        readers = {}
        for count in counts:
            name = made.build(count, options.seed, processes=options.processes)
            readers[count] = Reader(made.environment(name), options.seed)
            stack.callback(readers[count].close)
        told = _measure(readers, options.rounds, Random(options.seed))
    return _say(counts, told)


def _measure(readers: Mapping[int, Reader], rounds: int, random: Random) -> dict[tuple[int, str], Told]:
    times: dict[tuple[int, str], list[float]] = {(count, kind): [] for count in readers for kind in KINDS}
    for number in range(WARM + rounds):
        order = list(times)
        random.shuffle(order)
        for count, kind in order:
            took = readers[count].ask(kind)
            if number >= WARM:
                times[count, kind].append(took)
    return {key: Told(found) for key, found in times.items()}


def _say(counts: Sequence[int], told: Mapping[tuple[int, str], Told]) -> int:
    for kind in KINDS:
        parts = [f"{count}: {told[count, kind].median:.1f} / {told[count, kind].p95:.1f}" for count in counts]
        sys.stdout.write(f"{kind:<7} median / p95 ms   {'   '.join(parts)}\n")
    return verdict(promises(counts, told))


def verdict(found: Sequence[Promise]) -> int:
    """Print each promise and how many are kept; 1 when one is broken."""
    for one in found:
        limit = "" if one.most is None else f", at most {one.most}{'' if one.is_kept else ': BROKEN'}"
        sys.stdout.write(f"{one.words}: {one.ratio:.3f}{limit}\n")
    broken = sum(1 for one in found if not one.is_kept)
    sys.stdout.write(f"load {os.getloadavg()[0]:.1f}\n{len(found) - broken} passed, {broken} failed\n")
    return 1 if broken else 0


def promises(counts: Sequence[int], told: Mapping[tuple[int, str], Told]) -> list[Promise]:
    """The ratios between the smallest and the largest house, and between the two largest for the search."""
    small, large = counts[0], counts[-1]
    before = counts[-2] if len(counts) > 1 else large
    return [
        Promise(f"list, {large} to {small}", told[large, "list"].median / told[small, "list"].median, 1.5),
        Promise(f"search p95, {large} to {before}", told[large, "search"].p95 / told[before, "search"].p95, 3),
        Promise(f"file, {large} to {small}", told[large, "file"].median / told[small, "file"].median, 1.5),
        Promise(f"list to bare, {large}", told[large, "list"].median / told[large, "bare"].median, 4),
    ]


if __name__ == "__main__":
    sys.exit(main())
