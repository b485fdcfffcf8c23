"""The addresses of the API. They are in English, as its fields: programs of any house call them."""

from django.urls import path

from doleance.api import views
from doleance.api.api import PREFIX, patterns

urlpatterns = [
    path(f"{PREFIX}/", views.page, name="api_page"),
    path(f"{PREFIX}/openapi.json", views.openapi, name="api_document"),
    *patterns(),
    path(f"{PREFIX}/<path:rest>", views.nowhere, name="api_nowhere"),
]
