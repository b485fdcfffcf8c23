"""A person without a mouse: moves by Tab, types, presses. Nothing here clicks."""

from playwright.sync_api import Page

_FOCUSED = """() => {
  const one = document.activeElement;
  if (!one || one === document.body) return '';
  const tied = (one.labels?.length ? [...one.labels].map(l => l.innerText).join(' ') : '');
  const said = id => document.getElementById(id)?.innerText ?? '';
  const named = (one.getAttribute('aria-labelledby') ?? '').split(' ').map(said).join(' ');
  return [one.getAttribute('aria-label'), named.trim(), tied, one.innerText, one.getAttribute('name')]
    .filter(Boolean).join(' | ').replace(/\\s+/g, ' ');
}"""


def focused(page: Page) -> str:
    """The name of what has the keyboard, as a screen reader would say it, more or less."""
    return str(page.evaluate(_FOCUSED))


def reach(page: Page, name: str, *, within: int = 120, is_field: bool = False) -> None:
    """Press Tab until what is called `name` has the keyboard. Fails when it cannot be reached so.

    A field's label is `name`, or begins by it and goes on in brackets; anything else has `name` within its own.
    """
    met = []
    for _ in range(within):
        here = focused(page)
        labels = [part.partition(" (")[0] for part in here.split(" | ")]
        if name in labels if is_field else name in here:
            return
        met.append(here[:40])
        page.keyboard.press("Tab")
    raise AssertionError(f"« {name} » cannot be reached by Tab; met: {met}")


def press(page: Page, name: str) -> None:
    """Reach what is called `name` and press Enter."""
    reach(page, name)
    page.keyboard.press("Enter")


def go(page: Page, name: str) -> None:
    """Reach what is called `name`, press Enter, and arrive on the page it leads to."""
    reach(page, name)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def fill(page: Page, name: str, words: str) -> None:
    """Reach a field and write in it, over what it held."""
    reach(page, name, is_field=True)
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(words)


def pick(page: Page, group: str, choice: str) -> None:
    """Reach a group of radio buttons by one of its choices and walk to `choice` with the arrows."""
    reach(page, group)
    for _ in range(12):
        if choice in focused(page):
            page.keyboard.press("Space")
            return
        page.keyboard.press("ArrowRight")
    raise AssertionError(f"« {choice} » is not beside « {group} »")
