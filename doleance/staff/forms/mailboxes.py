"""The form of a mailbox: its address, how it is fetched, how it sends, when its silence is an alarm."""

from dataclasses import fields
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from doleance.accounts.models import Team
from doleance.channels import mailboxes as rules
from doleance.channels.actions.mailboxes import MailboxSettings
from doleance.channels.rules import AfterReading, ImapAuth, Security
from doleance.staff.pages import choices_of

LONGEST_QUIET_HOURS = 24 * 60
_TOKENS = ("oauth_token_url", "oauth_client_id", "oauth_client_secret", "oauth_refresh_token")
_SECRETS = ("smtp_password", "imap_password", "oauth_refresh_token", "oauth_client_secret")
# The field that each refusal is about; a refusal of the way in depends on which way is chosen (`field_of`).
_FIELDS = {
    "not_an_address": "address",
    "mailbox_taken": "address",
    "password_again": "smtp_password",
    "login_missing": "imap_user",
    "secret_missing": "imap_password",
    "token_missing": "oauth_refresh_token",
    "secret_in_clear": "imap_security",
    "not_a_token_address": "oauth_token_url",
    "client_missing": "oauth_client_id",
    "folder_missing": "imap_folder",
    "nowhere_to_move": "done_folder",
    "not_an_authserv": "authserv_id",
}


def reception_security() -> list[tuple[str, str]]:
    """The protections of a connection that receives, with the ports of IMAP (RFC 8314 §3.2)."""
    return [
        (Security.TLS.value, gettext("Chiffrée dès le début (IMAPS, port 993)")),
        (Security.STARTTLS.value, gettext("Chiffrée après l’accueil (STARTTLS, port 143)")),
        (Security.NONE.value, gettext("En clair (serveur de la même machine)")),
    ]


# A secret is written, never shown; a browser must not fill it in by itself.
_SECRET: dict[str, Any] = {"required": False, "strip": False, "max_length": 8000}


def _hidden() -> forms.PasswordInput:
    return forms.PasswordInput({"autocomplete": "new-password"})


class MailboxForm(forms.Form):
    """Everything that an administrator settles about one mailbox."""

    name = forms.CharField(label=_("Nom de l’expéditeur"), max_length=120)
    address = forms.EmailField(label=_("Adresse"), max_length=254)
    team = forms.ModelChoiceField(
        label=_("Équipe qui reçoit"), queryset=Team.objects.none(), required=False, empty_label=_("Équipe par défaut")
    )
    acknowledge = forms.BooleanField(
        label=_("Envoyer un accusé de réception"), help_text=_("Jamais aux messages automatiques."), required=False
    )
    is_active = forms.BooleanField(
        label=_("En service"),
        help_text=_("Une adresse mise de côté n’est plus relevée."),
        required=False,
        initial=True,
    )

    imap_host = forms.CharField(
        label=_("Serveur de réception (IMAP)"),
        help_text=_("Vide : rien n’est relevé, les courriels entrent par import."),
        max_length=253,
        required=False,
    )
    imap_port = forms.IntegerField(label=_("Port"), min_value=1, max_value=65535, initial=993)
    imap_security = forms.ChoiceField(label=_("Protection"), choices=reception_security, initial=Security.TLS)
    imap_user = forms.CharField(
        label=_("Identifiant"), help_text=_("Le plus souvent, l’adresse entière."), max_length=254, required=False
    )
    imap_auth = forms.ChoiceField(
        label=_("Comment entrer"),
        choices=choices_of(ImapAuth),
        initial=ImapAuth.PASSWORD,
        widget=forms.RadioSelect,
    )
    imap_password = forms.CharField(label=_("Mot de passe"), widget=_hidden(), **_SECRET)
    oauth_token_url = forms.CharField(
        label=_("Adresse des jetons"), help_text=_("Elle commence par https://."), max_length=500, required=False
    )
    oauth_client_id = forms.CharField(
        label=_("Identifiant de l’application (client ID)"), max_length=254, required=False
    )
    oauth_client_secret = forms.CharField(
        label=_("Secret de l’application (client secret)"), widget=_hidden(), **_SECRET
    )
    oauth_refresh_token = forms.CharField(
        label=_("Jeton d’actualisation (refresh token)"), widget=_hidden(), **_SECRET
    )
    imap_folder = forms.CharField(
        label=_("Dossier relevé"),
        help_text=_("INBOX est celui où tout arrive."),
        max_length=254,
        initial="INBOX",
    )
    after_reading = forms.ChoiceField(
        label=_("Sur le serveur, un courriel relevé"),
        help_text=_("Rien n’est jamais supprimé du serveur, et rien n’y change avant que le courriel soit gardé ici."),
        choices=choices_of(AfterReading),
        initial=AfterReading.SEEN,
        widget=forms.RadioSelect,
    )
    done_folder = forms.CharField(
        label=_("Dossier des courriels lus"), help_text=_("Pour « Le déplacer »."), max_length=254, required=False
    )
    authserv_id = forms.CharField(
        label=_("Nom qui signe les vérifications"),
        help_text=_(
            "Votre serveur vérifie qui envoie et le note dans chaque courriel, sous un nom à lui. Doléance ne croit "
            "que ce nom-là. Vide : aucun expéditeur n’est tenu pour vérifié. « Essayer la réception » le propose."
        ),
        max_length=253,
        required=False,
    )
    has_plus = forms.BooleanField(
        label=_("Les adresses avec un + arrivent ici"),
        help_text=_(
            "nom+mot@exemple.fr arrive chez nom@exemple.fr. Les réponses reconnaissent alors leur dossier même quand "
            "la messagerie du client oublie à quoi il répond."
        ),
        required=False,
    )

    smtp_host = forms.CharField(
        label=_("Serveur d’envoi (SMTP)"),
        help_text=_("Vide : l’envoi passe par le serveur de l’installation, s’il y en a un."),
        max_length=253,
        required=False,
    )
    smtp_port = forms.IntegerField(label=_("Port"), min_value=1, max_value=65535, initial=465)
    smtp_security = forms.ChoiceField(label=_("Protection"), choices=choices_of(Security), initial=Security.TLS)
    smtp_user = forms.CharField(label=_("Identifiant"), max_length=254, required=False)
    smtp_password = forms.CharField(label=_("Mot de passe"), widget=_hidden(), **_SECRET)

    quiet_hours = forms.IntegerField(
        label=_("Alarme après tant d’heures sans courriel"),
        help_text=_(
            "0 : jamais. Comptez les nuits et les jours fermés : 72 laisse passer une fin de semaine. Une panne, "
            "elle, est dite au bout d’un quart d’heure."
        ),
        min_value=0,
        max_value=LONGEST_QUIET_HOURS,
        initial=0,
    )

    def __init__(self, *args: Any, known: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if known:
            for name in _SECRETS:
                self.fields[name].help_text = _("Laissez vide pour garder celui qui est enregistré.")
        else:
            del self.fields["is_active"]
        team = self.fields["team"]
        assert isinstance(team, forms.ModelChoiceField)
        team.queryset = Team.objects.order_by("name", "id")

    def clean_imap_host(self) -> str:
        """The receiving server, when there is one."""
        return self._host("imap_host")

    def clean_smtp_host(self) -> str:
        """The sending server, when there is one."""
        return self._host("smtp_host")

    def _host(self, name: str) -> str:
        host: str = self.cleaned_data[name].strip()
        if host and not rules.is_host(host):
            raise forms.ValidationError(gettext(rules.NotAHost.sentence))
        return host

    @property
    def has_tokens(self) -> bool:
        """Whether the answers about tokens are shown at once: they are used, or one of them is to mend."""
        return self["imap_auth"].value() == ImapAuth.XOAUTH2 or any(self[name].errors for name in _TOKENS)

    @property
    def is_advanced(self) -> bool:
        """Whether the rarer answers are shown at once: one of them is filled, used, or to mend."""
        rare = ("authserv_id", "has_plus")
        return self.has_tokens or any(self[name].errors or self[name].value() for name in rare)

    def wanted(self) -> MailboxSettings:
        """What the answers ask for; an empty secret keeps the one that is there."""
        data = self.cleaned_data
        auth = ImapAuth(data["imap_auth"])
        secret = data["oauth_refresh_token" if auth is ImapAuth.XOAUTH2 else "imap_password"]
        given = {one.name: data[one.name] for one in fields(MailboxSettings) if one.name in data}
        return MailboxSettings(
            **given
            | {
                "is_active": data.get("is_active", True),
                "smtp_security": Security(data["smtp_security"]),
                "smtp_password": data["smtp_password"] or None,
                "imap_auth": auth,
                "imap_security": Security(data["imap_security"]),
                "imap_secret": secret or None,
                "oauth_client_secret": data["oauth_client_secret"] or None,
                "after_reading": AfterReading(data["after_reading"]),
            }
        )

    def field_of(self, code: str) -> str:
        """The field beside which a refusal of that code is said."""
        if code == "reception_secret_again":
            has_token = self.cleaned_data.get("imap_auth") == ImapAuth.XOAUTH2
            return "oauth_refresh_token" if has_token else "imap_password"
        return _FIELDS.get(code, "address")
