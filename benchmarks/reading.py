"""What reading costs: python -m benchmarks.reading GOLD.jsonl [--rounds 5]

Messages read per second of one processor, against their sentences encoded and nothing else, in turns in one process;
milliseconds of one 120-word message; time of a text twice as long; memory that the model adds to a process. Processor
time, one BLAS thread. The ratios are promised, the absolute figures are this machine's.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from doleance.understanding import engine, records
from doleance.understanding.model import shipped
from doleance.understanding.model.learned import Model
from doleance.understanding.rules import Incoming
from doleance.understanding.text.sentences import sentences

WORDS = 120
# One 120-word message whole, in milliseconds of processor; memory added, in MB; cost of twice the text (language.md).
MOST_MS, MOST_MB, MOST_RATIO = 40.0, 250.0, 2.5
# Texts that grow: sentences as people write them, and what only a machine or an enemy sends.
GROWING = {
    "sentences": "Le colis devait arriver mardi et je n'ai toujours rien reçu. ",
    "one word": "a",
    "letters and apostrophes": "a'",
    "quotes": "> ",
    "items": "- une chose\n",
    "references": "CMD-2026-0045 12,50 € le 3 mars ",
}


def memory() -> float:
    """Resident memory of this process, in MB."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * 4096 / 1e6


def seconds(work: Callable[[], object]) -> float:
    """Processor seconds of some work."""
    start = time.process_time()
    work()
    return time.process_time() - start


def texts_of(messages: Sequence[Incoming], model: Model) -> list[str]:
    """The sentences of the messages, as they are encoded."""
    drafts = [engine.draft(message, model) for message in messages]
    return [span.of(one.cleaned.text) for one in drafts for span in one.spans]


def of_words(message: Incoming, count: int) -> Incoming:
    """The message cut, or repeated, to so many words."""
    words = (message.body + " ").split(" ")
    body = " ".join((words * (count // len(words) + 1))[:count])
    return Incoming(message.id, message.channel, message.subject, body, date=message.date)


def growth(model: Model, unit: str, size: int) -> float:
    """The time of a text twice as long, over the time of the text."""
    times = []
    for length in (size, 2 * size):
        body = (unit * (length // len(unit) + 1))[:length]
        message = Incoming("1", "email", "", body)
        times.append(min(seconds(lambda message=message: engine.read(message, model)) for _ in range(3)))  # type: ignore[misc]
    return times[1] / max(times[0], 1e-4)


def main() -> int:
    """Measure, print, fail when a promise is not kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("gold", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--size", type=int, default=100_000, help="signs of the texts that grow")
    options = parser.parse_args()
    lines = options.gold.read_text("utf-8").splitlines()
    messages = [records.incoming(json.loads(line)) for line in lines if line.strip()]
    before = memory()
    model = shipped.shipped()
    for message in messages:  # warm: tables of languages, patterns, first touch of the weights
        engine.read(message, model)
    added = memory() - before
    alone = texts_of(messages, model)
    reading, encoding, single = [], [], []
    typical = of_words(next(one for one in messages if one.body and len(sentences(one.body)) > 3), WORDS)
    for _ in range(options.rounds):
        encoding.append(seconds(lambda: [model.encoder.encode([text]) for text in alone]))
        reading.append(seconds(lambda: [engine.read(message, model) for message in messages]))
        single.append(seconds(lambda: [engine.read(typical, model) for _ in range(20)]) / 20 * 1000)
    rate, bare = len(messages) / statistics.median(reading), len(messages) / statistics.median(encoding)
    one = statistics.median(single)
    say(f"messages {len(messages)}, sentences {len(alone)}")
    say(f"read {rate:.1f} messages/s of one processor; sentences encoded alone {bare:.1f}; ratio {rate / bare:.2f}")
    say(f"one {WORDS}-word message: {one:.1f} ms, {MOST_MS:.0f} at most")
    say(f"memory added: {added:.0f} MB, {MOST_MB:.0f} at most")
    ratios = {name: growth(model, unit, options.size) for name, unit in GROWING.items()}
    for name, ratio in ratios.items():
        say(f"twice as long, {name}: {ratio:.2f} times the time, {MOST_RATIO} at most")
    checks = [one <= MOST_MS, added <= MOST_MB, *(ratio <= MOST_RATIO for ratio in ratios.values())]
    say(f"{checks.count(True)} passed, {checks.count(False)} failed")
    return 0 if all(checks) else 1


def say(words: str) -> None:
    """One line, at once."""
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
