"""The pages of the form: their order, which of them somebody meets, where one goes next. Pure.

What is shown as « Étape 2 sur 5 » counts steps, not pages: a page that only some people meet changes no count.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from doleance.complaints import questions

STEPS = 5

Answers = Mapping[str, Mapping[str, Any]]


def _everybody(_answers: Answers) -> bool:
    return True


def _in_danger(answers: Answers) -> bool:
    return facts_of(answers).get("dangerous") == "yes"


def _for_another(answers: Answers) -> bool:
    return bool(answers.get("contact", {}).get("for_other"))


def _has_questions(answers: Answers) -> bool:
    return bool(questions.questions_of(branch_of(answers)))


@dataclass(frozen=True, slots=True)
class Page:
    """One page. `code` is its key in the draft's answers, `slug` its address under `/reclamer/`."""

    code: str
    step: int
    slug: str
    is_met: Callable[[Answers], bool] = _everybody


SUBJECT = Page("subject", 1, "sujet")
STORY = Page("story", 2, "recit")
FACTS = Page("facts", 3, "precisions", _has_questions)
DANGER = Page("danger", 3, "danger", _in_danger)
WISHES = Page("wishes", 4, "attentes")
CONTACT = Page("contact", 4, "vous-joindre")
BEHALF = Page("behalf", 4, "pour-quelqu-un", _for_another)
SUMMARY = Page("summary", 5, "recapitulatif")
PAGES = (SUBJECT, STORY, FACTS, DANGER, WISHES, CONTACT, BEHALF, SUMMARY)
BY_CODE = {page.code: page for page in PAGES}


def branch_of(answers: Answers) -> str:
    """The branch of the taxonomy that was chosen; empty before."""
    return str(answers.get("subject", {}).get("branch", ""))


def facts_of(answers: Answers) -> Mapping[str, str]:
    """What was answered to the questions of the branch that is chosen now: those of another are nobody's answers."""
    kept = answers.get("facts", {})
    return dict(kept.get("facts", {})) if kept.get("branch") == branch_of(answers) else {}


def met(answers: Answers) -> tuple[Page, ...]:
    """The pages that somebody with these answers meets, in order."""
    return tuple(page for page in PAGES if page.is_met(answers))


def is_answered(page: Page, answers: Answers) -> bool:
    """Whether the page was passed: a story has words, and another type has other questions."""
    if page is STORY:
        return bool(answers.get("story", {}).get("text"))
    if page is FACTS:
        return page.code in answers and answers["facts"].get("branch") == branch_of(answers)
    return page.code in answers


def first_open(answers: Answers) -> Page:
    """Where somebody who comes back goes on: the first page that was not passed, the summary when all were."""
    return next(page for page in met(answers) if page is SUMMARY or not is_answered(page, answers))


def after(page: Page, answers: Answers, *, mending: bool) -> Page:
    """Where « Continuer » leads; when one answer is being mended, to the summary as soon as nothing is missing."""
    ahead = first_open(answers)
    following = _beside(page, answers, 1)
    return ahead if mending or PAGES.index(ahead) < PAGES.index(following) else following


def before(page: Page, answers: Answers) -> Page | None:
    """Where « Retour » leads; nothing before the first page."""
    return None if page is SUBJECT else _beside(page, answers, -1)


def _beside(page: Page, answers: Answers, way: int) -> Page:
    there = [one for one in PAGES if one is page or one.is_met(answers)]
    return there[min(max(there.index(page) + way, 0), len(there) - 1)]
