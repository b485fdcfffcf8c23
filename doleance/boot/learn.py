"""Apprend des corrections : refait le modèle, le compare à celui en service, ne l’installe que s’il est meilleur.

Les corrections sont des objets JSON, un par ligne : un texte avec sa catégorie et son sous-code, ou avec sa nature.
Les modèles installés restent dans le dossier de l’installation ; « --back » remet le précédent en service.
"""

import argparse
import sys
from collections.abc import Mapping

from doleance.boot import config, installed_models, read
from doleance.understanding import learning, records
from doleance.understanding.learning import Comparison, Marks
from doleance.understanding.model import shipped


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where the corrections are, or which step back is taken."""
    parser.add_argument("file", nargs="?", metavar="FICHIER", help="corrections, un objet JSON par ligne")
    parser.add_argument("--back", action="store_true", help="remet en service le modèle précédent")
    parser.add_argument("--list", action="store_true", help="dit quels modèles ont été installés")
    parser.add_argument(
        "--precision",
        type=float,
        default=learning.PRECISION,
        metavar="P",
        help="précision de l’orientation automatique",
    )
    parser.add_argument("--json", action="store_true", help="un objet JSON au lieu de phrases")


def run(options: argparse.Namespace) -> int:
    """Learn and compare; 0 when a model was installed (or a list, or a step back was asked), 1 when none was."""
    folder = config.load().home / installed_models.FOLDER
    if options.back:
        installed_models.step_back(folder)
    if options.back or options.list:
        sys.stdout.write("\n".join(installed_models.told(folder)) + "\n")
        return 0
    content = installed_models.current(folder)
    model = shipped.load(content) if content else shipped.shipped()
    with read.opened(options.file) as stream:
        corrections = [learning.correction(records.parse(line)) for line in stream if line.strip()]
    compared = learning.learn(corrections, model, precision=options.precision)
    if compared.is_better:
        installed_models.install(folder, compared.content)
    _tell(compared, is_json=options.json)
    return 0 if compared.is_better else 1


def _tell(compared: Comparison, *, is_json: bool) -> None:
    if is_json:
        read.put(
            {
                "installed": compared.is_better,
                "before": _figures(compared.before),
                "after": _figures(compared.after),
                "gate": compared.gate,
            }
        )
        return
    for name, marks in compared.after.items():
        old = compared.before[name]
        change = f"{old.accuracy:.3f} → {marks.accuracy:.3f}"
        loss = f"{old.log_loss:.3f} → {marks.log_loss:.3f}"
        sys.stdout.write(f"{name} : exactitude {change}, perte {loss}, sur {marks.count} corrections nouvelles\n")
    gate = "aucune confiance" if compared.gate is None else f"confiance ≥ {compared.gate:.3f}"
    sys.stdout.write(f"orientation automatique : {gate}\n")
    sys.stdout.write("nouveau modèle installé\n" if compared.is_better else "modèle inchangé : pas meilleur\n")


def _figures(marks: Mapping[str, Marks]) -> dict[str, dict[str, float]]:
    return {
        name: {"count": one.count, "accuracy": round(one.accuracy, 4), "log_loss": round(one.log_loss, 4)}
        for name, one in marks.items()
    }
