"""The pages of those who answer, at the root of the address."""

from django.urls import path

from doleance.staff.views import appearance, ui

urlpatterns = [
    path("affichage/", appearance.appearance, name="appearance"),
    path("ui/", ui.ui, name="ui"),
    path("ui/<slug:page>/", ui.ui, name="ui_page"),
]
