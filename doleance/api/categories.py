"""`/categories`: what a complaint can be about, and what is asked then."""

from django.http import HttpRequest
from django.utils.translation import gettext
from ninja import Router

from doleance.api.description import ERRORS
from doleance.api.schemas import Categories, CategoryRow, Choice, Question
from doleance.api.security import Key
from doleance.complaints import questions
from doleance.complaints.models import Category
from doleance.desk.queries import programs
from doleance.kernel.kinds import gettext_noop

router = Router(auth=Key(), tags=["categories"])


@router.get(
    "",
    response={200: Categories, **ERRORS},
    url_name="api_categories",
    operation_id="listCategories",
    summary=gettext_noop("Lister les catégories et leurs questions"),
    description=gettext_noop(
        "Une réclamation se dépose sous une branche ; ses questions nomment les champs de « facts »."
    ),
)
def listed(request: HttpRequest) -> Categories:  # noqa: ARG001
    """The living taxonomy. Any key may read it."""
    return Categories(items=[_row(one) for one in programs.taxonomy()])


def _row(one: Category) -> CategoryRow:
    is_told = one.code in questions.QUESTIONS
    return CategoryRow(
        code=one.code,
        parent=one.parent_id,
        label=one.label,
        is_told=is_told,
        questions=[_question(asked) for asked in questions.questions_of(one.code)] if is_told else [],
    )


def _question(one: questions.Question) -> Question:
    choices = [Choice(code=code, label=gettext(label)) for code, label in one.choices]
    return Question(code=one.code, label=gettext(one.label), kind=one.kind, choices=choices)
