"""How the time of reading by rules grows with the text: twice as much must cost at most two and a half times.

    python -m benchmarks.reading_growth            # one line a piece: milliseconds at n and 2n, and their ratio
    python -m benchmarks.reading_growth --json

Each piece is a text that made some reader of messages quadratic, repeated to n and to 2n signs. All that rules read of
a message is read: cleaning, sentences, requests, signals, facts, kind. The shortest of several runs counts, each on a
fresh text. The exit status is 1 when a ratio passes the limit.
"""

import argparse
import json
import sys
import time
from datetime import date

from doleance.understanding.rules import BodyType, Incoming, Sender
from doleance.understanding.text import alerts, kinds
from doleance.understanding.text.clauses import clauses
from doleance.understanding.text.clean import clean
from doleance.understanding.text.facts import amounts, dates, people, references, remedies
from doleance.understanding.text.requests import requests
from doleance.understanding.text.sentences import sentences
from doleance.understanding.text.vocabulary import packs

RATIO = 2.5
SIGNS = 60_000
RUNS = 5
SENT = date(2026, 3, 14)
PIECES: dict[str, tuple[str, BodyType]] = {
    "a story": (
        "Mon colis 4512 devait arriver mardi dernier. Vous m'avez pris 49,90 €. Mon avocat suivra.\n\n",
        BodyType.TEXT,
    ),
    "one line of words": ("mon colis est perdu ", BodyType.TEXT),
    "one line without a space": ("a", BodyType.TEXT),
    "letters and apostrophes": ("a'", BodyType.TEXT),
    "letters and hyphens": ("a-", BodyType.TEXT),
    "clauses": ("le colis est perdu et la facture est fausse ", BodyType.TEXT),
    "quotes in quotes": ("> > > mots\n", BodyType.TEXT),
    "announcements": ("Le 3 mars 2026 à 10:12, X <x@example.com> a écrit :\n", BodyType.TEXT),
    "announcements that never end": ("Le 3 mars 2026 à 10:12, X <x@example.com>\n", BodyType.TEXT),
    "fields": ("De : X\nEnvoyé : mardi 3 mars 2026 10:12\nÀ : Y\n", BodyType.TEXT),
    "signature marks": ("-- \nJeanne\n", BodyType.TEXT),
    "rules": ("----------\n", BodyType.TEXT),
    "items": ("- colis perdu\n", BodyType.TEXT),
    "numbers of a list": ("1) colis 2) facture ", BodyType.TEXT),
    "references": ("commande n° CMD 2026 - 0045, ", BodyType.TEXT),
    "marks of references": ("n° ", BodyType.TEXT),
    "figures": ("1 234 ", BodyType.TEXT),
    "amounts": ("49,90 € au lieu de 39,90 € ", BodyType.TEXT),
    "numbers in words": ("quatre-vingt-dix-", BodyType.TEXT),
    "dates": ("mardi 3 mars, le 12/02, ", BodyType.TEXT),
    "signals": ("avocat tribunal malgré mes relances ", BodyType.TEXT),
    "denials": ("je ne veux pas ", BodyType.TEXT),
    "addresses": ("12 rue des Lilas 69003 Lyon ", BodyType.TEXT),
    "telephones": ("06 39 98 12 34 ", BodyType.TEXT),
    "letters and marks apart": ("e\u0301", BodyType.TEXT),
    "pictures": ("👩‍👩‍👧‍👦", BodyType.TEXT),
    "greetings": ("Bonjour, ", BodyType.TEXT),
    "stops": ("M. ", BodyType.TEXT),
    "paragraphs of a page": ("<p>colis perdu</p>", BodyType.HTML),
    "quotes of a page": ('<blockquote type="cite">mots</blockquote>', BodyType.HTML),
}


def read(body: str, body_type: BodyType) -> None:
    """Everything that rules read of a message, as the engine asks it."""
    cleaned = clean(body, body_type)
    found = packs.find(cleaned.text, "fr")
    for passage in requests(cleaned.text, clauses(sentences(cleaned.text), found.folded), found)[:20]:
        remedies.wanted(found, passage)
    kinds.kind(Incoming("1", "email", "", body, body_type), cleaned, found)
    alerts.urgency(alerts.signals(cleaned.text, found), found, sent=SENT, language="fr")
    references.references(cleaned.text)
    amounts.amounts(cleaned.text)
    dates.dates(cleaned.text, SENT, "fr")
    people.people(cleaned, Sender())


def shortest_ms(piece: str, body_type: BodyType, signs: int) -> float:
    """Processor milliseconds of the fastest run."""
    body = piece * (signs // len(piece) + 1)
    spent: list[float] = []
    for _ in range(RUNS):
        began = time.process_time()
        read(body, body_type)
        spent.append(time.process_time() - began)
    return min(spent) * 1000


def main() -> int:
    """Print the table. 1 when a ratio passes the limit."""
    options = argparse.ArgumentParser(description="Growth of reading by rules.")
    options.add_argument("--json", action="store_true", help="one object a line")
    options.add_argument("--signs", type=int, default=SIGNS)
    asked = options.parse_args()
    read("Bonjour", BodyType.TEXT)  # the packs are read once
    worst = 0.0
    for name, (piece, body_type) in PIECES.items():
        once, twice = (shortest_ms(piece, body_type, signs) for signs in (asked.signs, 2 * asked.signs))
        ratio = twice / once if once else 0.0
        worst = max(worst, ratio)
        told = {
            "piece": name,
            "signs": asked.signs,
            "ms": round(once, 1),
            "ms_twice": round(twice, 1),
            "ratio": round(ratio, 2),
        }
        sys.stdout.write(
            json.dumps(told) + "\n" if asked.json else f"{name:32} {once:9.1f} {twice:9.1f} {ratio:6.2f}\n"
        )
    sys.stdout.write(f"worst ratio {worst:.2f}, limit {RATIO}\n")
    return int(worst > RATIO)


if __name__ == "__main__":
    sys.exit(main())
