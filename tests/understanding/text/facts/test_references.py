"""References as people copy them, and what is none."""

import pytest

from doleance.understanding.text.facts.references import normal, references


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ma commande n° CMD 2026 - 0045 du 3 mars", "CMD2026-0045"),
        ("commande 4512 passée le 3 mars", "4512"),
        ("facture FA2026/0045 de 49 euros", "FA2026/0045"),
        ("n° client 448 212", "448212"),
        ("Réf : 2026.118.", "2026118"),
        ("commandes 45123, 45124 et 45125", "45123 45124 45125"),
        ("colis LX123456789FR", "LX123456789FR"),
        ("suivi 6A12345678901 toujours bloqué", "6A12345678901"),
        ("dossier R26-7K4M-W", "R26-7K4M-W"),
        ("cmd-2026-118", "CMD-2026-118"),
        ("order #A-1182 placed", "A-1182"),
        ("contrat n°8R 4412 0098", "8R44120098"),
        ("Ma commande (n° 118-2245871-3341) n'est pas là", "118-2245871-3341"),
        ("commande CMD-2O26-OO45", "CMD-2O26-OO45"),
        ("sous la référence AB 12 CD", "AB12CD"),
        ("invoice no. INV-00921", "INV-00921"),
        ("Numéro de suivi : 1Z999AA10123456784", "1Z999AA10123456784"),
        ("mon numéro d'adhérent est le 77120", "77120"),
        ("commande WEB 88 213 livrée", "WEB88213"),
        ("lettre de voiture n° LV 54-40/0612 le jour même", "LV54-40/0612"),
        ("Contrat eau 7 104 553 / 02", "7104553/02"),
        ("COMMANDE 4512 DU 3 MARS", "4512"),
        ("Bon de pose BP.2026.3319", "BP20263319"),
        ("SINISTRE 41/DDE/2210 - DERNIER RAPPEL", "41/DDE/2210"),
        ("suivi RK 2281 4470 FR", "RK22814470FR"),
        ("le dossier K4TWMD est clos", "K4TWMD"),
        ("bail 5521 rejeté", "5521"),
        ("Client 31 077, facture JV-26-2204 de 88 euros", "31077 JV-26-2204"),
    ],
)
def test_what_is_a_reference(text, expected):
    assert " ".join(references(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "client depuis 2019",
        "ma commande du 12/03/2026",
        "commande de 3 articles",
        "mon iPhone 14 en panne",
        "tel 06 39 98 12 34",
        "n° de téléphone 0639981234",
        "compteur n° 123456",
        "PDL 12345678901234",
        "facture de 120 euros",
        "la facture est de 2 740, le devis disait 2 100",
        "ma commande était de 1 200",
        "le dossier COMPLET est parti",
        "ma facture de mars 2026",
        "le colis 2/3",
        "dossier 812",
        "chambre 212",
        "SIRET 732 829 320 00074",
        "mon vol AF1234",
        "covid-19, 24/7, le 36 15",
        "mon contrat 2 ans",
        "article L217-4 du code de la consommation",
        "num de série XR20-88410-F",
        "code E09 au cadran",
        "IBAN FR76 3000 6000 0112 3456 7890 189",
    ],
)
def test_what_is_none(text):
    assert references(text) == []


def test_normal_form():
    assert normal("cmd 2026 – 0045.") == "CMD2026-0045"
