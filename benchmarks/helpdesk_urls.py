"""The addresses of django-helpdesk, at the root of a throwaway site."""

from django.urls import include, path

urlpatterns = [path("", include("helpdesk.urls", namespace="helpdesk"))]
