"""The complainant's pages, in French, beside those of the staff."""

from django.urls import URLPattern, path

from doleance.portal.forms.steps import PAGES, SUMMARY
from doleance.portal.views import form, form_doors

FORM = [
    path("reclamer/", form.entry, name="portal_form"),
    path("reclamer/deja/", form_doors.already, name="portal_form_already"),
    path("reclamer/effacer/", form_doors.erase, name="portal_form_erase"),
    *(
        path(f"reclamer/{page.slug}/", form.question, {"code": page.code}, name=f"portal_form_{page.code}")
        for page in PAGES
        if page is not SUMMARY
    ),
]

urlpatterns: list[URLPattern] = [*FORM]
