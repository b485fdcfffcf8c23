"""The pages of those who answer, at the root of the address."""

from django.urls import path

from doleance.staff.views import (
    appearance,
    content,
    counter,
    dossier,
    dossier_acts,
    dossier_files,
    dossier_party,
    dossier_told,
    dossiers,
    form_settings,
    letters,
    mail,
    mail_trials,
    outbox,
    phone,
    quarantine,
    setup,
    ui,
    welcome,
)

WELCOME = [
    path("bienvenue/<str:secret>/", welcome.first_run, name="first_run"),
    path("invitation/<str:secret>/", welcome.invitation, name="invitation"),
]
DOSSIERS = [
    path("", dossiers.home, name="home"),
    path("dossiers/", dossiers.dossiers, name="dossiers"),
    path("envois/", outbox.outbox, name="outbox"),
    path("envois/tous/", outbox.send_all, name="outbox_send_all"),
    path("envois/coupe-circuits/<uuid:breaker_id>/reprendre/", outbox.release, name="breaker_release"),
    path("envois/a-imprimer/", letters.letters, name="letters"),
    path("envois/a-imprimer/toutes/", letters.every_letter, name="letters_every"),
    path("envois/a-imprimer/postees/", letters.posted, name="letters_posted"),
    path("envois/a-imprimer/<uuid:notice_id>/", letters.letter, name="letter"),
]
DEPOSITS = [
    path("telephone/", phone.phone, name="phone"),
    path("guichet/", counter.counter, name="counter"),
    path("guichet/recu/<uuid:once>/", counter.receipt, name="counter_receipt"),
]
_FILE, _GRIEF, _NOTICE = "dossiers/<str:reference>/", "griefs/<int:number>/", "envois/<uuid:notice_id>/"
_ADDRESS = "adresses/<uuid:address_id>/"
DOSSIER = [
    path(_FILE, dossier.dossier, name="dossier"),
    path(f"{_FILE}prendre/", dossier_acts.take, name="dossier_take"),
    path(f"{_FILE}titre/", dossier_acts.rename, name="dossier_rename"),
    path(f"{_FILE}responsable/", dossier_acts.assign, name="dossier_assign"),
    path(f"{_FILE}attente/", dossier_acts.wait, name="dossier_wait"),
    path(f"{_FILE}reprise/", dossier_acts.resume, name="dossier_resume"),
    path(f"{_FILE}retrait/", dossier_acts.withdraw, name="dossier_withdraw"),
    path(f"{_FILE}reouverture/", dossier_acts.reopen, name="dossier_reopen"),
    path(f"{_FILE}cloture/", dossier_acts.close, name="dossier_close"),
    path(f"{_FILE}lecon/", dossier_acts.lesson, name="dossier_lesson"),
    path(f"{_FILE}note/", dossier_acts.note, name="dossier_note"),
    path(f"{_FILE}reponse/", dossier_acts.reply, name="dossier_reply"),
    path(f"{_FILE}reclamant/", dossier_party.change_party, name="dossier_party"),
    path(f"{_FILE}adresse-postale/", dossier_party.add_postal, name="dossier_postal"),
    path(f"{_FILE}{_ADDRESS}corriger/", dossier_party.correct_address, name="address_correct"),
    path(f"{_FILE}{_ADDRESS}valide/", dossier_party.trust_address, name="address_works"),
    path(f"{_FILE}statut/", dossier_told.describe, name="dossier_status"),
    path(f"{_FILE}mandat/", dossier_told.mandate, name="dossier_mandate"),
    path(f"{_FILE}griefs/", dossier_acts.add_grievance, name="grievance_add"),
    path(f"{_FILE}{_GRIEF}corriger/", dossier_acts.correct, name="grievance_correct"),
    path(f"{_FILE}{_GRIEF}decider/", dossier_acts.decide, name="grievance_decide"),
    path(f"{_FILE}{_GRIEF}ecarter/", dossier_acts.drop, name="grievance_drop"),
    path(f"{_FILE}{_GRIEF}demander/", dossier_told.ask, name="grievance_ask"),
    path(f"{_FILE}{_NOTICE}retenir/", dossier_acts.retain, name="notice_retain"),
    path(f"{_FILE}{_NOTICE}renvoyer/", dossier_acts.send_again, name="notice_send_again"),
    path(f"{_FILE}{_NOTICE}parti/", dossier_acts.say_left, name="notice_left"),
    path(f"{_FILE}pieces/<uuid:attachment_id>/", dossier_files.attachment, name="dossier_attachment"),
    path(f"{_FILE}pieces/<uuid:attachment_id>/vignette/", content.thumbnail, name="dossier_thumbnail"),
    path(f"{_FILE}messages/<uuid:message_id>/", dossier_files.original, name="dossier_original"),
    path(f"{_FILE}messages/<uuid:message_id>/mise-en-forme/", content.dossier, name="dossier_content"),
]
QUARANTINE = [
    path("quarantaine/", quarantine.waiting, name="quarantine"),
    path("quarantaine/ecartes/", quarantine.set_aside, name="quarantine_filed"),
    path("quarantaine/<uuid:message_id>/", quarantine.one, name="quarantined"),
    path("quarantaine/<uuid:message_id>/original/", quarantine.original, name="quarantined_original"),
    path("quarantaine/<uuid:message_id>/mise-en-forme/", content.quarantined, name="quarantined_content"),
    path(
        "quarantaine/<uuid:message_id>/pieces/<uuid:attachment_id>/",
        quarantine.attachment,
        name="quarantined_attachment",
    ),
    path(
        "quarantaine/<uuid:message_id>/pieces/<uuid:attachment_id>/vignette/",
        content.quarantined_thumbnail,
        name="quarantined_thumbnail",
    ),
    path("quarantaine/relire/", quarantine.read_all_again, name="quarantine_read_all"),
    path("quarantaine/<uuid:message_id>/ouvrir/", quarantine.open_file, name="quarantined_open"),
    path("quarantaine/<uuid:message_id>/relier/", quarantine.link, name="quarantined_link"),
    path("quarantaine/<uuid:message_id>/ecarter/", quarantine.file_away, name="quarantined_file"),
    path("quarantaine/<uuid:message_id>/relire/", quarantine.read_again, name="quarantined_read"),
    path("quarantaine/<uuid:message_id>/reprendre/", quarantine.bring_back, name="quarantined_back"),
]
SETUP = [
    path("reglages/", setup.company, name="setup_company"),
    path("reglages/courriel/", mail.mail, name="setup_mail"),
    path("reglages/courriel/ajouter/", mail.add, name="setup_add_mailbox"),
    path("reglages/courriel/<uuid:mailbox_id>/", mail.box, name="setup_mailbox"),
    path("reglages/courriel/<uuid:mailbox_id>/essai-reception/", mail_trials.receive, name="setup_mailbox_receive"),
    path("reglages/courriel/<uuid:mailbox_id>/essai-envoi/", mail_trials.send, name="setup_mailbox_send"),
    path("reglages/courriel/<uuid:mailbox_id>/courriel-essai/", mail_trials.letter, name="setup_mailbox_letter"),
    path("reglages/courriel/<uuid:mailbox_id>/choix/", mail_trials.choose, name="setup_mailbox_choose"),
    path("reglages/formulaire/", form_settings.public_form, name="setup_form"),
    path("reglages/formulaire/apercu/", form_settings.preview, name="setup_form_preview"),
    path("reglages/formulaire/apercu/<str:digits>.css", form_settings.preview_sheet, name="setup_form_sheet"),
    path("reglages/equipes/", setup.teams, name="setup_teams"),
    path("reglages/equipes/<uuid:team_id>/", setup.teams, name="setup_team"),
    path("reglages/personnes/", setup.people, name="setup_people"),
    path("reglages/personnes/inviter/", setup.add_person, name="setup_add_person"),
    path("reglages/personnes/<uuid:user_id>/", setup.person, name="setup_person"),
    path("reglages/personnes/<uuid:user_id>/invitation/", setup.invite, name="setup_invite"),
]

urlpatterns = [
    *DOSSIERS,
    *DEPOSITS,
    *DOSSIER,
    *WELCOME,
    *QUARANTINE,
    *SETUP,
    path("affichage/", appearance.appearance, name="appearance"),
    path("ui/", ui.ui, name="ui"),
    path("ui/<slug:page>/", ui.ui, name="ui_page"),
]
