"""The complainant's pages, in French, beside those of the staff."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
