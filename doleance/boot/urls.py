"""Every URL of Doléance: people at the root, sign-in, the pulse for those who watch over the server."""

from allauth.account import views as account
from django.urls import URLPattern, URLResolver, include, path, re_path

from doleance.boot import pulse

# allauth's own list would open pages that this house does not have (signing up, changing an address by oneself).
ACCOUNT = [
    path("", account.login, name="account_login"),
    path("sortie/", account.logout, name="account_logout"),
    path("inactif/", account.account_inactive, name="account_inactive"),
    path("confirmer/", account.reauthenticate, name="account_reauthenticate"),
    path("mot-de-passe/", account.password_change, name="account_change_password"),
    path("mot-de-passe/oublie/", account.password_reset, name="account_reset_password"),
    path("mot-de-passe/oublie/envoye/", account.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^mot-de-passe/lien/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "mot-de-passe/change/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("sante/", pulse.pulse, name="pulse"),
    path("connexion/", include(ACCOUNT)),
    path("", include("doleance.api.urls")),
    path("", include("doleance.portal.urls")),
    path("", include("doleance.staff.urls")),
]
handler500 = "doleance.api.views.broken"
