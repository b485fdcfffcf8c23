"""Which files are read, when they speak for their message, and what a letter says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doleance.understanding.scans import letters, told, words
from doleance.understanding.scans.told import Engine, Recognised, Trouble

LETTER = """Hélène Durand
12 rue des Lilas
69003 Lyon

Lyon, le 12 novembre 2026
Objet : réclamation, contrat n° 4471-20
Réf. commande : C-88412

Madame, Monsieur,

Ma commande C-88412, que vous aviez promise pour le 3 novembre, n’est
toujours pas arrivée.

Je demande :
- le remboursement de 86,00 € ;
- une explication.

Dans l’attente de votre réponse, je vous prie d’agréer, Madame, Monsieur,
l’expression de mes salutations distinguées.

Hélène Durand

P.-S. Je serai absente lundi."""


def test_a_letter_says_what_stands_between_its_salutation_and_its_closing():
    assert letters.told(LETTER) == (
        "Objet : réclamation, contrat n° 4471-20\n\n"
        "Ma commande C-88412, que vous aviez promise pour le 3 novembre, n’est toujours pas arrivée.\n\n"
        "Je demande :\n- le remboursement de 86,00 € ;\n- une explication.\n\n"
        "P.-S. Je serai absente lundi."
    )


@pytest.mark.parametrize(
    "text",
    [
        "Objet : " + "a" * 60_000 + "\nMadame, Monsieur,\n\nVoilà.",
        "Réf : " + "12" * 30_000 + "\nMadame,\n" + "mot " * 15_000,
        "\n" * 60_000,
        "Cordialement\n" * 5_000,
        "Madame,\n" * 7_000,
        "- point\n" * 7_000,
        "p.s. " * 12_000,
    ],
    ids=range(7),
)
def test_a_hostile_letter_is_borne(text):
    letters.told(text[: told.LONGEST])
    told.tidied(text)
    told.is_usable(text)
    assert told.leans_on_files(text) in {True, False}


def test_a_long_message_speaks_for_itself():
    assert not told.leans_on_files("Voir ma lettre ci-jointe.\n\n" + "> cité\n" * 3_000)


def test_a_text_without_a_salutation_is_whole():
    assert letters.told("RÉCLAMATION\nMon colis est perdu.") == "RÉCLAMATION\nMon colis est perdu."


def test_nothing_but_a_salutation_is_whole():
    assert letters.told("Madame, Monsieur,") == "Madame, Monsieur,"


@given(st.text(max_size=400))
def test_any_text_is_a_letter(text):
    letters.told(text)
    told.leans_on_files(text)
    assert "\x00" not in told.tidied(text)
    assert told.tidied(told.tidied(text)) == told.tidied(text)


@pytest.mark.parametrize(
    ("name", "kind", "size", "inline", "read"),
    [
        ("lettre.pdf", "application/pdf", 1000, False, True),
        ("SCAN.PDF", "application/octet-stream", 1000, False, True),
        ("fax.tif", "image/tiff", 1000, False, True),
        ("photo.jpg", "image/jpeg", 90_000, True, True),
        ("logo.png", "image/png", 4_000, True, False),
        ("vide.pdf", "application/pdf", 0, False, False),
        ("lettre.docx", "application/octet-stream", 1000, False, False),
        ("image.svg", "image/svg+xml", 1000, False, False),
        ("message.eml", "message/rfc822", 1000, False, False),
    ],
)
def test_what_may_hold_a_text_is_read(name, kind, size, inline, read):
    assert told.is_readable(kind, name, size, is_inline=inline) is read


@pytest.mark.parametrize(
    ("text", "leans"),
    [
        ("", True),
        ("Bonjour,\n\nCordialement,\nH. Durand", True),
        ("Bonjour,\n\nVous trouverez ma réclamation en pièce jointe.\n\nCordialement", True),
        ("Voir PJ", True),
        ("Please see my letter attached.\n\nBest regards,\nJane", True),
        ("Ci-joint mon courrier et les photos du colis.", True),
        ("Ma machine à laver est en panne depuis lundi, ci-joint la facture.", False),
        ("Mon colis est arrivé ouvert et vide, voici une photo en pièce jointe.", False),
        ("Ma commande n’est jamais arrivée et je demande à être remboursée.", False),
    ],
)
def test_when_files_speak_for_their_message(text, leans):
    assert told.leans_on_files(text) is leans


def test_what_is_read_of_a_message_that_leans_on_its_files():
    sure = Recognised(LETTER, Engine.TESSERACT, "tesseract-5", 83, 1, 1)
    doubtful = Recognised("illisible", Engine.TESSERACT, "tesseract-5", told.SURE - 1, 1, 1)
    failed = Recognised(trouble=Trouble.BROKEN)
    assert told.spoken("Voir mon courrier ci-joint. Contrat 5521.", [failed, sure, doubtful]) == (
        "Contrat 5521.\n\n" + letters.told(LETTER)
    )
    assert told.spoken("Voir PJ", [doubtful, failed]) == "Voir PJ"
    own = "Ma commande n’est jamais arrivée et je demande à être remboursée."
    assert told.spoken(own, [sure]) == own


def test_the_text_of_a_page_is_one_that_people_read():
    assert told.is_usable("Ma commande n’est toujours pas arrivée.")
    assert not told.is_usable("12 / 14")
    assert not told.is_usable("\ue001\ue002\ue003" * 20 + "abcdefghijklmnopqrstuvwxyz")


def test_words_that_a_line_end_cut_are_put_together():
    assert told.tidied("le rembourse-\nment  est\r\ndû\n\n\n\n\nMerci\x00") == "le remboursement est\ndû\n\nMerci"
    assert told.tidied("Saint-\nDenis") == "Saint-\nDenis"


@pytest.mark.parametrize(
    "one",
    [
        Recognised("Texte", Engine.TESSERACT, "tesseract-5.3.0", 83, 4, 3),
        Recognised("Texte", Engine.PDF, "pdfium-8149", None, 1, 1),
        Recognised(trouble=Trouble.ENCRYPTED),
    ],
)
def test_what_was_recognised_passes_a_pipe(one):
    assert told.recognised(told.of_recognised(one)) == one


def test_each_trouble_says_that_nothing_was_read():
    for one in Trouble:
        assert one.label.endswith(".")
        assert one.label != one.value


def line(block, paragraph, row, confidence, text, level=5):
    return "\t".join(str(one) for one in (level, 1, block, paragraph, row, 1, 0, 0, 9, 9, confidence, text))


def test_words_become_lines_and_paragraphs():
    tsv = "\n".join(
        [
            "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext",
            line(1, 1, 1, -1, "", level=4),
            line(1, 1, 1, 90, "Mon"),
            line(1, 1, 1, 80.5, "colis"),
            line(1, 1, 2, 96, "perdu"),
            line(1, 2, 1, 60, "Merci"),
            line(1, 2, 1, 95, " "),
            "une ligne brisée",
            line(1, "x", 1, 95, "rien"),
        ]
    )
    page = words.page(words.words(tsv))
    assert page.text == "Mon colis\nperdu\n\nMerci"
    assert page.confidence == round((90 * 3 + 80.5 * 5 + 96 * 5 + 60 * 5) / 18)
    assert words.together([page, page]) == page.confidence
    assert words.together([]) == 0


def test_a_page_without_sure_words_bears_none():
    few = words.words("\n".join(line(1, 1, 1, 12, text) for text in ("il", "wm", "vv", "mm", "nn")))
    assert words.page(few) == words.NOTHING
    assert words.page([]) == words.NOTHING
