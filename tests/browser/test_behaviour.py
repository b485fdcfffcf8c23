"""What the few modules of ours do: keys, drafts, one send, undo, theme, passages, and what htmx must never do."""

import json
import re

import pytest
from playwright.sync_api import Page, expect

FRAGMENT = """path => { document.querySelector('main').insertAdjacentHTML('beforeend',
  `<div id="list">La liste</div><button id="ask" hx-post="${path}" hx-target="#list">Demander</button>`);
  htmx.process(document.querySelector('#ask')); }"""


@pytest.fixture(autouse=True)
def _developing(settings):
    settings.DEBUG = True


@pytest.fixture
def case(page, specimens) -> Page:
    """The sample of a file."""
    page.goto(f"{specimens}/ui/dossier/")
    page.wait_for_load_state("networkidle")
    return page


@pytest.fixture
def rows(page, specimens) -> Page:
    """The sample of the list."""
    page.goto(f"{specimens}/ui/dossiers/")
    page.wait_for_load_state("networkidle")
    return page


def focused(page):
    """What the one with the focus is called."""
    return page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()")


@pytest.mark.parametrize(("width", "height"), [(1440, 700), (900, 700), (390, 700)])
def test_what_has_the_focus_is_never_covered(case, width, height):
    """WCAG 2.4.11: neither by the composer, which sticks to the bottom, nor by a phone's bar, nor by a toast."""
    case.set_viewport_size({"width": width, "height": height})
    case.evaluate("document.querySelector('#toasts').replaceChildren()")
    covered = case.evaluate("""() => [...document.querySelectorAll('main a[href], main button, main summary')]
      .filter(one => one.checkVisibility() && !one.closest('.composer')).filter(one => {
        one.focus({ preventScroll: true }); one.scrollIntoView({ block: 'nearest' });
        const box = one.getBoundingClientRect();
        const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
        return !(one.contains(top) || top?.contains(one)); }).map(one => one.outerHTML.slice(0, 120))""")
    assert not covered


def test_j_and_k_walk_the_rows(rows):
    first, second = "Colis perdu, deuxième relance", "Remboursement attendu depuis septembre"
    rows.keyboard.press("j")
    assert focused(rows) == first
    rows.keyboard.press("j")
    assert focused(rows) == second
    rows.keyboard.press("k")
    rows.keyboard.press("k")
    assert focused(rows) == first
    rows.keyboard.press("Enter")
    rows.wait_for_url("**/ui/dossier/")


def test_slash_seeks_and_escape_leaves_the_field(rows):
    rows.keyboard.press("/")
    assert focused(rows) == "chercher"
    rows.keyboard.type("jk?")
    expect(rows.locator("#chercher")).to_have_value("jk?")
    expect(rows.get_by_role("dialog")).to_have_count(0)
    rows.keyboard.press("Escape")
    assert focused(rows) != "chercher"


def test_two_keys_go_elsewhere(rows):
    rows.keyboard.press("g")
    rows.keyboard.press("u")
    rows.wait_for_url("**/ui/")


def test_r_replies_i_notes_and_ctrl_enter_sends_the_right_one(case):
    case.keyboard.press("r")
    assert focused(case) == "reply-text"
    case.keyboard.type("ri n j ?")
    expect(case.locator("#reply-text")).to_have_value("ri n j ?")
    case.keyboard.press("Escape")
    case.keyboard.press("i")
    assert focused(case) == "note-text"
    expect(case.get_by_role("button", name="Enregistrer la note")).to_be_visible()
    expect(case.get_by_role("button", name="Envoyer", exact=True)).to_be_hidden()
    case.evaluate("""() => document.querySelectorAll('.composer form').forEach(form => form.addEventListener('submit',
      event => { event.preventDefault(); window.sent = form.className; }))""")
    case.keyboard.type("pour nous")
    case.keyboard.press("Control+Enter")
    assert case.evaluate("window.sent") == "note"


def test_the_voice_of_the_composer_is_chosen_by_pointer_too(case):
    for name, box in (("Note interne", "note-text"), ("Réponse", "reply-text")):
        case.get_by_role("radio", name=name).click()
        assert focused(case) == box
        expect(case.get_by_role("radio", name=name)).to_be_checked()


def test_the_question_mark_lists_the_keys_of_this_page(case):
    case.keyboard.press("?")
    dialog = case.get_by_role("dialog", name="Raccourcis de cette page")
    told = {re.sub(r"\s+", " ", line).strip() for line in dialog.locator("tr").all_inner_texts()}
    assert {"R Répondre", "M Prendre", "N Ajouter", "J Dossier suivant", "K Dossier précédent"} <= told
    assert not [line for line in told if line.split(" ", 1)[0] == line]
    case.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_keys_can_be_switched_off_for_good(case, specimens):
    case.locator("details.me > summary").click()
    case.get_by_label("Coupées").check()
    case.reload()
    assert case.evaluate("document.documentElement.dataset.keys") == "off"
    case.keyboard.press("r")
    assert focused(case) != "reply-text"


def test_the_theme_changes_at_once_and_is_there_from_the_first_byte(case):
    ground = "getComputedStyle(document.body).backgroundColor"
    light = case.evaluate(ground)
    case.locator("details.me > summary").click()
    case.get_by_label("Sombre").check()
    dark = case.evaluate(ground)
    assert dark != light
    answer = case.reload()
    assert 'data-theme="dark"' in answer.text()
    assert case.evaluate(ground) == dark
    case.locator("details.me > summary").click()
    case.get_by_label("Comme l’appareil").check()
    assert case.evaluate(ground) == light


def test_the_choices_work_without_javascript(browser, specimens, look):
    context = browser.new_context(**look.options, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{specimens}/ui/dossiers/")
    page.locator("details.me > summary").click()
    form = page.locator("form[data-preference=density]")
    form.get_by_label("Serrée").check()
    form.get_by_role("button", name="Choisir").click()
    page.wait_for_url("**/ui/dossiers/")
    assert page.locator("html").get_attribute("data-density") == "compact"
    context.close()


def test_what_was_being_written_is_found_again(case):
    case.locator("#reply-text").fill("Nous avons raccroché. Ce n’était pas normal.")
    case.reload()
    expect(case.locator("#reply-text")).to_have_value("Nous avons raccroché. Ce n’était pas normal.")
    expect(case.locator("form.reply [data-draft-says=found]")).to_be_visible()
    expect(case.locator("#note-text")).to_have_value("")
    case.locator("form.reply [data-draft-drop]").click()
    case.reload()
    expect(case.locator("#reply-text")).to_have_value("")


ENVELOPE = """document.querySelector('form.reply').insertAdjacentHTML('afterbegin',
  '<textarea name="postal" aria-label="Enveloppe">Paris</textarea>')"""


def test_a_letter_s_text_is_found_again_and_not_its_envelope(case):
    """The envelope stands above the text: what is kept is the text."""
    case.evaluate(ENVELOPE)
    case.locator("#reply-text").fill("Un texte dont l’enveloppe est refusée.")
    case.reload()
    expect(case.locator("#reply-text")).to_have_value("Un texte dont l’enveloppe est refusée.")


def test_a_refusal_swapped_in_keeps_the_draft(case):
    case.locator("#reply-text").fill("Un texte refusé.")
    case.evaluate("""() => { const form = document.querySelector('form.reply');
      form.dispatchEvent(new Event('input', { bubbles: true }));
      form.dispatchEvent(new CustomEvent('htmx:afterRequest',
        { bubbles: true, detail: { elt: form, successful: true, xhr: { status: 422 } } })); }""")
    case.reload()
    expect(case.locator("#reply-text")).to_have_value("Un texte refusé.")


def test_escape_does_not_leave_a_page_where_something_is_written(case):
    before = case.url
    case.locator("#reply-text").fill("Un texte que personne n’a encore.")
    case.keyboard.press("Escape")  # out of the field
    case.keyboard.press("Escape")
    assert focused(case) == "reply-text"
    assert case.url == before
    case.locator("#reply-text").fill("")
    case.keyboard.press("Escape")
    case.keyboard.press("Escape")
    expect(case).to_have_url(re.compile("/ui/dossiers/"))


def test_a_text_that_arrived_is_no_draft_any_more(case):
    case.locator("#reply-text").fill("Avoir de 186,00 € émis ce matin.")
    case.reload()
    expect(case.locator("#reply-text")).to_have_value("")


def test_a_dead_server_keeps_the_text(case, specimens):
    case.locator("#reply-text").fill("Un texte qui ne doit pas se perdre.")
    case.route("**/*", lambda route: route.abort() if route.request.method == "POST" else route.fallback())
    case.get_by_role("button", name="Envoyer", exact=True).click()
    case.unroute("**/*")
    case.goto(f"{specimens}/ui/dossier/")
    expect(case.locator("#reply-text")).to_have_value("Un texte qui ne doit pas se perdre.")


def test_leaving_clears_the_drafts_of_this_device(case, specimens):
    case.locator("#reply-text").fill("Rien ne reste ici.")
    case.wait_for_timeout(600)  # a pause in the writing
    assert case.evaluate("Object.keys(localStorage).length") == 1
    case.goto(f"{specimens}/connexion/")
    case.evaluate("""() => { const form = document.querySelector('form'); form.setAttribute('data-clears-drafts', '');
      form.addEventListener('submit', event => event.preventDefault()); }""")
    case.get_by_label("Adresse de courriel").fill("a@b.example")
    case.get_by_label("Mot de passe", exact=True).fill("x")
    case.get_by_role("button", name="Entrer").click()
    assert case.evaluate("Object.keys(localStorage).length") == 0


def test_a_double_click_sends_once(case):
    sent = []
    case.route("**/once/", lambda route: (sent.append(1), route.fulfill(status=204)))
    case.evaluate("document.querySelector('form.reply').action = '/once/'")
    case.locator("#reply-text").fill("Une seule fois")
    case.get_by_role("button", name="Envoyer", exact=True).dblclick()
    case.wait_for_timeout(300)
    assert len(sent) == 1


def test_selected_words_become_the_passage_of_a_grief(case):
    case.evaluate("""() => { const mark = document.querySelector('[data-passages=e2] p');
      getSelection().setBaseAndExtent(mark.firstChild, 0, mark.firstChild, 32); }""")
    expect(case.get_by_role("button", name="Faire un grief de ce passage")).to_be_visible()
    case.keyboard.press("n")
    expect(case.locator("#grief-quote")).to_have_value("Trois jours sans imprimante et p")
    expect(case.locator("[name=exchange]")).to_have_value("e2")
    assert focused(case) == "grief-title"
    case.keyboard.press("Escape")
    case.evaluate("getSelection().removeAllRanges()")
    expect(case.get_by_role("button", name="Faire un grief de ce passage")).to_be_hidden()
    case.keyboard.press("n")
    expect(case.locator("#grief-quote")).to_be_editable()


def test_the_numbers_of_griefs_are_not_part_of_what_is_selected(case):
    quote = case.evaluate("""() => { getSelection().selectAllChildren(document.querySelector('[data-passages=e1]'));
      return getSelection().toString(); }""")
    assert "fois sur trois. Mon dossier" in re.sub(r"\s+", " ", quote)


def test_the_toast_says_itself_then_goes(case):
    toast = case.locator("#toasts .toast")
    expect(toast).to_contain_text("Réponse à Hélène Ferrand")
    case.evaluate("""() => { const toast = document.querySelector('.toast'); const late = toast.cloneNode(true);
      late.dataset.toast = '0.4'; delete late.dataset.started; toast.replaceWith(late);
      document.body.addEventListener('doleance:settled', () => { window.settled = true; });
      htmx.trigger(document.body, 'htmx:load'); }""")
    expect(toast).to_have_count(0)
    assert case.evaluate("window.settled")


def test_a_toast_waits_for_the_pointer_but_its_button_does_not_lie(case):
    case.evaluate("""() => { const toast = document.querySelector('.toast') ?? document.querySelector('#toasts');
      window.toast = toast; }""")
    toast = case.locator("#toasts .toast")
    expect(toast).to_be_visible()
    toast.hover()
    case.evaluate("""() => { const toast = document.querySelector('.toast'); const late = toast.cloneNode(true);
      late.dataset.toast = '0.3'; delete late.dataset.started; toast.replaceWith(late);
      htmx.trigger(document.body, 'htmx:load'); }""")
    expect(toast.get_by_role("button", name="Retenir")).to_be_disabled()
    expect(toast).to_be_visible()


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (500, "Cela n’a pas marché."),
        (404, "Ceci n’existe plus"),
        (403, "ouverte depuis trop longtemps"),
        (409, "a changé"),
    ],
)
def test_an_error_never_replaces_a_list(rows, status, said):
    rows.route(
        "**/fragment/", lambda route: route.fulfill(status=status, body="<h1>ERREUR</h1>", content_type="text/html")
    )
    rows.evaluate(FRAGMENT, "/fragment/")
    rows.locator("#ask").click()
    expect(rows.get_by_role("alert").filter(has_text=said)).to_be_visible()
    expect(rows.locator("#list")).to_have_text("La liste")
    assert "ERREUR" not in rows.content()


def test_a_refusal_is_swapped_and_read_first(rows):
    body = '<div class="banner stop" data-summary tabindex="-1">Refusé</div>'
    rows.route("**/fragment/", lambda route: route.fulfill(status=422, body=body, content_type="text/html"))
    rows.evaluate(FRAGMENT, "/fragment/")
    rows.locator("#ask").click()
    expect(rows.locator("#list")).to_have_text("Refusé")
    expect(rows.locator("#list [data-summary]")).to_be_focused()


def test_an_expired_session_does_not_put_the_door_inside_a_list(rows, specimens):
    rows.route(
        "**/fragment/", lambda route: route.fulfill(status=302, headers={"location": f"{specimens}/connexion/"})
    )
    rows.evaluate(FRAGMENT.replace("hx-post", "hx-get"), "/fragment/")
    rows.locator("#ask").click()
    expect(rows.get_by_role("alert").filter(has_text="trop longtemps")).to_be_visible()
    expect(rows.locator("#list")).to_have_text("La liste")


def test_no_connection_is_said_then_unsaid(rows):
    rows.evaluate(FRAGMENT, "/fragment/")
    rows.context.set_offline(True)
    rows.locator("#ask").click()
    expect(rows.get_by_role("alert").filter(has_text="Hors connexion")).to_be_visible()
    rows.context.set_offline(False)
    expect(rows.get_by_role("alert").filter(has_text="Hors connexion")).to_have_count(0)


def test_every_htmx_request_bears_the_token(rows):
    asked = []
    rows.route("**/fragment/", lambda route: (asked.append(route.request.headers), route.fulfill(status=204)))
    rows.evaluate(FRAGMENT, "/fragment/")
    with rows.expect_response("**/fragment/"):
        rows.locator("#ask").click()
    assert asked[0]["hx-request"] == "true"
    assert len(asked[0]["x-csrftoken"]) >= 32


def test_htmx_may_evaluate_nothing(rows):
    told = json.loads(rows.locator("meta[name=htmx-config]").get_attribute("content"))
    assert (told["allowEval"], told["includeIndicatorStyles"], told["historyCacheSize"]) == (False, False, 0)
    assert rows.evaluate("htmx.config.allowEval") is False
    assert not rows.evaluate("document.querySelectorAll('style').length")
