"""`./run shots [WORD …]`: every screen of the example company, at three widths and in two themes, into `shots/`.

Without a word, all of them; with words, the screens whose name holds one. To be looked at, beside the design's own
pictures: no program sees that a page is ugly. A screen that axe reproaches, or that scrolls sideways, is said.
"""

import itertools
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from doleance.boot.demo import PASSWORD
from tests.browser.chromium import LOOKS, Look, picture, sideways, sign_in, violations

FOLDER = Path(__file__).resolve().parents[2] / "shots"
LEAD, ADMINISTRATOR = "karim.benali@lavergne.example", "paul.esteve@lavergne.example"
AGENT, AUDITOR = "camille.morel@lavergne.example", "etienne.faure@lavergne.example"
EXPERT, QUALITY = "sofia.lind@lavergne.example", "nadege.roche@lavergne.example"


@dataclass(frozen=True, slots=True)
class Screen:
    """One screen: its name, who looks at it (nobody: before the door), its address, and what is done there first."""

    name: str
    path: str
    who: str = ""
    then: Callable[[Page], None] | None = None


def _open_first(selector: str) -> Callable[[Page], None]:
    def go(page: Page) -> None:
        with page.expect_navigation():
            page.locator(selector).first.click()
        page.wait_for_load_state("networkidle")

    return go


def _note(page: Page) -> None:
    _open_first(".list .matter > a")(page)
    page.keyboard.press("i")
    page.locator("#note textarea").fill("Sofia confirme : la garantie est acquise. À dire dès demain.")


def _revoke(page: Page) -> None:
    _open_first(".list .matter > a")(page)
    page.goto(f"{page.url.partition('?')[0]}?ouvrir=acces")
    page.wait_for_load_state("networkidle")


def _keys(page: Page) -> None:
    page.keyboard.press("?")


def _menu(page: Page) -> None:
    page.locator("details.me > summary").click()


def _refused(page: Page) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name="Entrer").evaluate("one => { one.form.noValidate = true; one.click(); }")
    page.wait_for_load_state("networkidle")


STORY = "Ma bouilloire est arrivée cassée.\n\nPersonne ne me répond depuis dix jours."
_numbers = itertools.count(1)  # each time another person, whose address has received nothing yet


def _press(page: Page, label: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=label, exact=True).click()
    page.wait_for_load_state("networkidle")


def _told(until: str, press: str = "") -> Callable[[Page], None]:
    """Answer the form from its first page until the one at `/reclamer/<until>/`, and press a button there."""

    def go(page: Page) -> None:
        start = page.url
        page.context.clear_cookies()
        page.goto(start)
        while f"/reclamer/{until}/" not in page.url:
            _answer(page)
            _press(page, "Continuer")
        if press:
            _press(page, press)

    return go


def _answer(page: Page) -> None:
    """What Madame Ferrand says on the page she is at."""
    if page.url.endswith("/reclamer/"):
        page.get_by_text("Un produit ou un service ne va pas").click()
    elif page.url.endswith("/recit/"):
        page.get_by_label("Ce qui s’est passé", exact=True).fill(STORY)
    elif page.url.endswith("/vous-joindre/"):
        page.get_by_text("Par courriel", exact=True).click()
        page.get_by_label("Votre adresse de courriel").fill(f"h.ferrand.{next(_numbers)}@courriel.example")


_sent = _told("recapitulatif", "Envoyer ma réclamation")


def _unanswered(page: Page) -> None:
    _press(page, "Continuer")


def _visiting(page: Page) -> None:
    """Enter the file of a complaint that was just sent, by its reference and its key, unless a visit is under way."""
    wanted = page.url
    if "/suivi/dossier/" in wanted:
        return
    host = wanted.partition("/suivi/")[0]
    page.goto(f"{host}/reclamer/")
    _sent(page)
    reference, key = (page.locator(f".refbox {one}").first.inner_text() for one in ("b:not(.key)", "b.key"))
    page.goto(f"{host}/suivi/")
    page.locator("[name=cle-reference]").fill(reference)
    page.locator("[name=cle-key]").fill(key)
    _press(page, "Entrer avec la clé")


def _followed(path: str = "") -> Callable[[Page], None]:
    def go(page: Page) -> None:
        _visiting(page)
        page.goto(f"{page.url.partition('/suivi/')[0]}/suivi/dossier/{path}")
        page.wait_for_load_state("networkidle")

    return go


def _pair(page: Page) -> None:
    """The first pair, brought together by hand where the example has none that waits."""
    if page.locator(".pair").count():
        return
    page.goto(f"{page.url.partition('/doublons/')[0]}/dossiers/")
    references = [row.removeprefix("r-") for row in page.locator(".list tr[id^=r-]").evaluate_all(IDS)]
    page.goto(f"{page.url.partition('/dossiers/')[0]}/dossiers/{references[-1]}/")
    page.get_by_label("Référence d’un autre dossier").fill(references[-2])
    _press(page, "Comparer")


IDS = "rows => rows.map(row => row.id)"


def _ticked(page: Page) -> None:
    """Three files are ticked, and what would change is asked."""
    for box in page.locator(".list input[type=checkbox]").all()[:3]:
        box.check()
    page.wait_for_timeout(300)


def _view(page: Page) -> None:
    """A view is being named; each look names one of its own."""
    page.get_by_text("Enregistrer cette vue").click()
    page.get_by_label("Nom de la vue").fill(f"Courriels à reprendre {next(_numbers)}")


def _views(page: Page) -> None:
    """A view is kept, and those of the person are shown."""
    _view(page)
    _press(page, "Enregistrer la vue")
    page.goto(f"{page.url.partition('/dossiers/')[0]}/dossiers/vues/")


def _password(page: Page) -> None:
    """The password is asked for again, then the page itself."""
    if page.get_by_label("Mot de passe").count():
        page.get_by_label("Mot de passe").fill(PASSWORD)
        _press(page, "Continuer")


def _key(page: Page) -> None:
    """Make a key; each look makes one of its own."""
    page.get_by_label("Programme").fill(f"Boutique en ligne {next(_numbers)}")
    page.get_by_role("checkbox", name="Déposer une réclamation").check()
    _press(page, "Créer la clé")


SCREENS = (
    Screen("connexion", "/connexion/"),
    Screen("connexion-refusee", "/connexion/", then=_refused),
    Screen("mot-de-passe-oublie", "/connexion/mot-de-passe/oublie/"),
    Screen("introuvable", "/rien/"),
    Screen("api", "/api/v1/"),
    Screen("public-donnees", "/confidentialite/"),
    Screen("public-accessibilite", "/accessibilite/"),
    Screen("public-qui", "/maison/"),
    Screen("public-formulaire", "/reclamer/"),
    Screen("public-formulaire-refuse", "/reclamer/", then=_unanswered),
    Screen("public-deja", "/reclamer/deja/"),
    Screen("public-recit", "/reclamer/", then=_told("recit")),
    Screen("public-recit-refuse", "/reclamer/", then=_told("recit", "Continuer")),
    Screen("public-precisions", "/reclamer/", then=_told("precisions")),
    Screen("public-attentes", "/reclamer/", then=_told("attentes")),
    Screen("public-vous-joindre", "/reclamer/", then=_told("vous-joindre")),
    Screen("public-recapitulatif", "/reclamer/", then=_told("recapitulatif")),
    Screen("public-recu", "/reclamer/", then=_sent),
    Screen("public-recu-inconnu", "/recu/aaaaaaaaaaaaaaaaaaaaaa/"),
    Screen("suivi", "/suivi/"),
    Screen("suivi-lien-perdu", "/suivi/l/aaaaaaaaaaaaaaaaaaaaaa/"),
    Screen("suivi-dossier", "/suivi/dossier/", then=_followed()),
    Screen("suivi-points", "/suivi/dossier/", then=_followed("points/")),
    Screen("suivi-corriger", "/suivi/dossier/", then=_followed("points/1/")),
    Screen("suivi-ajouter", "/suivi/dossier/", then=_followed("ajouter/")),
    Screen("suivi-retirer", "/suivi/dossier/", then=_followed("retirer/")),
    Screen("dossiers", "/dossiers/", LEAD),
    Screen("dossiers-vide", "/dossiers/?q=zzz", LEAD),
    Screen("dossiers-menu", "/dossiers/", LEAD, _menu),
    Screen("dossier", "/dossiers/", LEAD, _open_first(".list .matter > a")),
    Screen("dossier-note", "/dossiers/", LEAD, _note),
    Screen("dossier-touches", "/dossiers/", LEAD, _keys),
    Screen("dossier-clos", "/dossiers/?vue=clos", LEAD, _open_first(".list .matter > a")),
    Screen("dossier-revoquer", "/dossiers/", LEAD, _revoke),
    Screen("telephone", "/telephone/", LEAD),
    Screen("guichet", "/guichet/", LEAD),
    Screen("quarantaine", "/quarantaine/", LEAD),
    Screen("doublons", "/doublons/", LEAD, _pair),
    Screen("dossiers-choisis", "/dossiers/", LEAD, _ticked),
    Screen("dossiers-vue-enregistrer", "/dossiers/?canal=email", LEAD, _view),
    Screen("dossiers-vues", "/dossiers/?canal=email", LEAD, _views),
    Screen("dossier-premiere-ligne", "/dossiers/", AGENT, _open_first(".list .matter > a")),
    Screen("dossiers-audit", "/dossiers/", AUDITOR),
    Screen("dossier-audit", "/dossiers/", AUDITOR, _open_first(".list .matter > a")),
    Screen("dossiers-expert", "/dossiers/", EXPERT),
    Screen("quarantaine-ecartes", "/quarantaine/ecartes/", LEAD),
    Screen("compte", "/compte/", LEAD),
    Screen("compte-confirmer", "/compte/application/", QUALITY),
    Screen("compte-application", "/compte/application/", LEAD, _password),
    Screen("compte-cle", "/compte/cle/", LEAD, _password),
    Screen("compte-sortie", "/connexion/sortie/", LEAD),
    Screen("compte-mot-de-passe", "/connexion/mot-de-passe/", LEAD),
    Screen("envois", "/envois/", LEAD),
    Screen("lettres-a-imprimer", "/envois/a-imprimer/", LEAD),
    Screen("lettres-feuilles", "/envois/a-imprimer/toutes/", LEAD),
    Screen("reglages", "/reglages/", ADMINISTRATOR),
    Screen("reglages-formulaire", "/reglages/formulaire/", ADMINISTRATOR),
    Screen("reglages-courriel", "/reglages/courriel/", ADMINISTRATOR),
    Screen("reglages-boite", "/reglages/courriel/", ADMINISTRATOR, _open_first(".rules h2 a")),
    Screen("reglages-boite-ajouter", "/reglages/courriel/ajouter/", ADMINISTRATOR),
    Screen("reglages-calendriers", "/reglages/calendriers/?annee=2026", ADMINISTRATOR),
    Screen("reglages-calendrier-jour", "/reglages/calendriers/?annee=2026&jour=2026-12-25", ADMINISTRATOR),
    Screen("reglages-api-creee", "/reglages/api/", ADMINISTRATOR, _key),
    Screen("reglages-api", "/reglages/api/", ADMINISTRATOR),
    Screen("reglages-api-cle", "/reglages/api/", ADMINISTRATOR, _open_first(".rules h2 a")),
    Screen("reglages-referentiels", "/reglages/referentiels/", ADMINISTRATOR),
    Screen("reglages-lecture", "/reglages/lecture/", ADMINISTRATOR),
    Screen("reglages-routage", "/reglages/equipes-des-categories/", ADMINISTRATOR),
    Screen("reglages-second-facteur", "/reglages/personnes/second-facteur/", ADMINISTRATOR),
    Screen("reglages-equipes", "/reglages/equipes/", ADMINISTRATOR),
    Screen("reglages-personnes", "/reglages/personnes/", ADMINISTRATOR),
    Screen("reglages-personne", "/reglages/personnes/", ADMINISTRATOR, _open_first(".people a, .table a")),
    Screen("reglages-inviter", "/reglages/personnes/inviter/", ADMINISTRATOR),
)


def photograph(browser: Browser, address: str, password: str, words: Sequence[str]) -> Iterator[str]:
    """Take the pictures of the screens whose name holds one of `words`, and tell each, with what is wrong with it."""
    chosen = [screen for screen in SCREENS if not words or any(word in screen.name for word in words)]
    for look in LOOKS:
        windows: dict[str, BrowserContext] = {}
        for screen in chosen:
            if screen.who not in windows:
                windows[screen.who] = browser.new_context(**look.options)
                if screen.who:
                    sign_in(windows[screen.who], address, screen.who, password).close()
            yield _take(windows[screen.who], address, screen, look)
        for window in windows.values():
            window.close()


def _take(window: BrowserContext, address: str, screen: Screen, look: Look) -> str:
    page = window.new_page()
    page.goto(address + screen.path)
    page.wait_for_load_state("networkidle")
    if screen.then:
        screen.then(page)
    path = FOLDER / f"{screen.name}-{look}.png"
    picture(page, path)
    wrong = [*violations(page), *(f"sort de l’écran : {element}" for element in sideways(page))]
    page.close()
    return "\n  ".join([path.relative_to(FOLDER.parent).as_posix(), *wrong])


if __name__ == "__main__":
    asked = ["--screens", *sys.argv[1:]] if sys.argv[1:] else []
    raise SystemExit(pytest.main([str(Path(__file__).with_name("photographs.py")), "-q", "--no-header", *asked]))
