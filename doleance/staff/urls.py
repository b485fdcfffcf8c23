"""The pages of those who answer, at the root of the address."""

from django.urls import path

from doleance.staff.views import appearance, mail, quarantine, setup, ui, welcome

WELCOME = [
    path("bienvenue/<str:secret>/", welcome.first_run, name="first_run"),
    path("invitation/<str:secret>/", welcome.invitation, name="invitation"),
]
QUARANTINE = [
    path("quarantaine/", quarantine.waiting, name="quarantine"),
    path("quarantaine/ecartes/", quarantine.set_aside, name="quarantine_filed"),
    path("quarantaine/<uuid:message_id>/", quarantine.one, name="quarantined"),
    path("quarantaine/<uuid:message_id>/original/", quarantine.original, name="quarantined_original"),
    path("quarantaine/<uuid:message_id>/ouvrir/", quarantine.open_file, name="quarantined_open"),
    path("quarantaine/<uuid:message_id>/relier/", quarantine.link, name="quarantined_link"),
    path("quarantaine/<uuid:message_id>/ecarter/", quarantine.file_away, name="quarantined_file"),
    path("quarantaine/<uuid:message_id>/relire/", quarantine.read_again, name="quarantined_read"),
]
SETUP = [
    path("reglages/", setup.company, name="setup_company"),
    path("reglages/courriel/", mail.mail, name="setup_mail"),
    path("reglages/courriel/<uuid:mailbox_id>/", mail.mail, name="setup_mailbox"),
    path("reglages/equipes/", setup.teams, name="setup_teams"),
    path("reglages/equipes/<uuid:team_id>/", setup.teams, name="setup_team"),
    path("reglages/personnes/", setup.people, name="setup_people"),
    path("reglages/personnes/inviter/", setup.add_person, name="setup_add_person"),
    path("reglages/personnes/<uuid:user_id>/", setup.person, name="setup_person"),
    path("reglages/personnes/<uuid:user_id>/invitation/", setup.invite, name="setup_invite"),
]

urlpatterns = [
    *WELCOME,
    *QUARANTINE,
    *SETUP,
    path("affichage/", appearance.appearance, name="appearance"),
    path("ui/", ui.ui, name="ui"),
    path("ui/<slug:page>/", ui.ui, name="ui_page"),
]
