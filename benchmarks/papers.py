"""`python -m benchmarks.papers`: how long a receipt takes to be set as a PDF, and how large it is.

The pages of texts are invented; the template is the product's own. The first paper starts a typesetter.
"""

import statistics
import sys
import time
from typing import Any

from doleance.kernel import pdf

STEPS = (
    (
        "Reçue le jeudi 12 novembre 2026, 8 h 47",
        "Si nous pouvons écrire à h•••@courriel.example, un accusé de réception y part aussi.",
        "done",
    ),
    ("Une personne lit votre message", "Elle vous dira son nom.", "now"),
    ("Réponse visée : jeudi 26 novembre", "10 jours ouvrés à compter de la réception.", "ahead"),
    ("Au plus tard le mardi 12 janvier 2027", "2 mois à compter de la réception.", "law"),
)
WORDS = "Ma bouilloire a fondu pendant que mon fils déjeunait. "
TEXTS = {
    "two sentences": (WORDS * 2, 100),
    "10,000 signs": ((WORDS * 200)[:10_000], 50),
    "one word of 10,000 signs": ("x" * 10_000, 30),
    "10,000 different ideograms": ("".join(chr(0x4E00 + place) for place in range(10_000)), 10),
}


def facts(words: str, reference: str) -> dict[str, Any]:
    """What the template of the receipt lays out."""
    said = {"title": "Ce que vous avez dit", "text": "Livraison", "quote": words, "items": [], "after": ""}
    return {
        "title": "Votre réclamation est enregistrée, Madame Ferrand",
        "house": "Maison Lavergne",
        "language": "fr",
        "made": "2026-11-12",
        "foot": f"Maison Lavergne – {reference}",
        "of": " sur ",
        "reference_label": "Votre référence",
        "reference": reference,
        "received_label": "Reçue",
        "received": "jeudi 12 novembre 2026, 8 h 47",
        "speaks_for": "",
        "danger": None,
        "next_title": "Ce qui se passe ensuite",
        "steps": [{"label": label, "words": told, "kind": kind} for label, told, kind in STEPS],
        "counted": "Un jour ouvré va du lundi au vendredi, sans les jours fériés.",
        "sections": [said],
        "link": "https://reclamations.example/recu/AAAAAAAAAAAAAAAAAAAAAA/",
        "link_title": "Retrouver ce reçu, suivre la suite",
        "link_text": "Cette adresse ouvre ce reçu sans mot de passe.",
        "privacy": "Ce que vos données deviennent, et vos droits :",
        "privacy_link": "https://reclamations.example/confidentialite/",
        "proof": "d6f92a541b0aae15" * 4,
        "proof_title": "Preuve d’enregistrement",
        "proof_text": "Cette empreinte est celle de l’enregistrement de votre réclamation dans notre journal.",
    }


def timed(words: str, reference: str) -> tuple[float, int]:
    """Milliseconds and bytes of one receipt."""
    start = time.perf_counter()
    made = pdf.render("receipt.typ", facts(words, reference))
    return (time.perf_counter() - start) * 1000, len(made)


def say(line: str) -> None:
    """One line of the result."""
    sys.stdout.write(f"{line}\n")


def main() -> int:
    """Measure and print, a line for each text."""
    first, _ = timed(WORDS, "R26-AAAA-A")
    say(f"the first one, with the start of the typesetter: {first:.0f} ms")
    for name, (words, times) in TEXTS.items():
        papers = [timed(words, f"R26-{number:04}-W") for number in range(times)]
        spent = sorted(one for one, _ in papers)
        late = spent[int(times * 0.95)]
        size = max(octets for _, octets in papers)
        say(f"{name}: median {statistics.median(spent):.0f} ms, p95 {late:.0f} ms, {size:,} bytes ({times} papers)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
