"""Every URL of Doléance: people at the root, sign-in. What machines ask is answered before (`watching`)."""

from allauth.account import views as account
from allauth.mfa.base import views as factors
from allauth.mfa.webauthn import views as passkeys
from django.contrib.auth.decorators import login_not_required
from django.urls import URLPattern, URLResolver, include, path

from doleance.staff.views import passwords, sign_on

# allauth's own list would open pages that this house does not have (signing up, changing an address by oneself).
ACCOUNT = [
    path("", account.login, name="account_login"),
    path("sortie/", account.logout, name="account_logout"),
    path("inactif/", account.account_inactive, name="account_inactive"),
    path("confirmer/", account.reauthenticate, name="account_reauthenticate"),
    path("confirmer/code/", factors.reauthenticate, name="mfa_reauthenticate"),
    path("confirmer/cle/", passkeys.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"),
    path("second-facteur/", factors.authenticate, name="mfa_authenticate"),
    path("cle/", login_not_required(passkeys.login_webauthn), name="mfa_login_webauthn"),
    path("annuaire/<slug:provider_id>/", sign_on.login, name="openid_connect_login"),
    path("annuaire/<slug:provider_id>/retour/", sign_on.callback, name="openid_connect_callback"),
    path("mot-de-passe/", account.password_change, name="account_change_password"),
    # Where allauth sends who has no password: the company's directory lets them in.
    path("mot-de-passe/aucun/", passwords.without, name="account_set_password"),
    path("mot-de-passe/oublie/", passwords.forgotten, name="account_reset_password"),
    path("mot-de-passe/oublie/envoye/", passwords.told, name="account_reset_password_done"),
    path("mot-de-passe/lien/<str:secret>/", passwords.choose, name="account_reset_password_from_key"),
    path("mot-de-passe/change/", passwords.chosen, name="account_reset_password_from_key_done"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("connexion/", include(ACCOUNT)),
    path("", include("doleance.api.urls")),
    path("", include("doleance.portal.urls")),
    path("", include("doleance.staff.urls")),
]
handler500 = "doleance.api.views.broken"
