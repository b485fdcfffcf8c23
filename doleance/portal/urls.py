"""The complainant's pages, in French, beside those of the staff."""

from django.urls import URLPattern, path

from doleance.portal.forms.steps import PAGES, SUMMARY
from doleance.portal.views import follow, follow_file, form, form_doors, form_sending, house, receipt

FORM = [
    path("reclamer/", form.entry, name="portal_form"),
    path("reclamer/deja/", form_doors.already, name="portal_form_already"),
    path("reclamer/effacer/", form_doors.erase, name="portal_form_erase"),
    path(f"reclamer/{SUMMARY.slug}/", form_sending.check, name="portal_form_summary"),
    *(
        path(f"reclamer/{page.slug}/", form.question, {"code": page.code}, name=f"portal_form_{page.code}")
        for page in PAGES
        if page is not SUMMARY
    ),
]
FOLLOW = [
    path("suivi/", follow.enter, name="portal_follow"),
    path("suivi/code/", follow.code, name="portal_follow_code"),
    path("suivi/l/<str:token>/", follow.link, name="portal_follow_link"),
    path("suivi/dossier/", follow_file.dossier, name="portal_follow_file"),
    path("suivi/dossier/points/", follow_file.points, name="portal_follow_points"),
    path("suivi/dossier/points/<int:number>/", follow_file.correct, name="portal_follow_point"),
    path("suivi/dossier/points/<int:number>/oui/", follow_file.confirm, name="portal_follow_confirm"),
    path("suivi/dossier/ajouter/", follow_file.add, name="portal_follow_add"),
    path("suivi/dossier/retirer/", follow_file.withdraw, name="portal_follow_withdraw"),
    path("suivi/dossier/second-examen/", follow_file.contest, name="portal_follow_contest"),
    path("suivi/quitter/", follow.leave, name="portal_follow_leave"),
]
HOUSE = [
    path("confidentialite/", house.privacy, name="portal_privacy"),
    path("accessibilite/", house.accessibility, name="portal_accessibility"),
    path("maison/", house.which, name="portal_which"),
    path("langue/", house.language, name="portal_language"),
    path("apparence/<uuid:entity_id>/<slug:name>.css", house.sheet, name="portal_sheet"),
    path("apparence/<uuid:entity_id>/<slug:name>.png", house.logo, name="portal_logo"),
]

RECEIPT = [
    path("reclamer/recu/", receipt.first, name="portal_receipt"),
    path("recu/<str:token>/", receipt.kept, name="portal_receipt_kept"),
    path("recu/<str:token>/recu.pdf", receipt.paper, name="portal_receipt_paper"),
]

urlpatterns: list[URLPattern] = [*FORM, *RECEIPT, *FOLLOW, *HOUSE]
