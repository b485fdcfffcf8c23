"""What kind of message it is where rules are sure: answers of machines, refusals of servers, news of a file. Pure.

Mail servers mark their own messages (RFC 3834, RFC 3464) and the reader of mail believes them; what comes here has
lost its headers, or never had any. Where rules are not sure, what was learned decides.
"""

import re
from itertools import islice

from doleance.understanding.rules import Incoming, MessageKind
from doleance.understanding.text.clean import Cleaned
from doleance.understanding.text.lines import fold
from doleance.understanding.text.replies import Part
from doleance.understanding.text.vocabulary.packs import Found

_LONGEST = 4_000  # signs of a text that is looked at
_ROBOT = re.compile(r"^(?:mailer-daemon|postmaster|mail-daemon|mdaemon|bounces?)(?:[+@.-]|$)")
_RETURNED = re.compile(
    r"^(?:(?:re|tr|fwd?)\s?:\s?)?(?:undeliver\w+|undelivered mail|mail delivery (?:failed|failure|subsystem)|"
    r"delivery (?:status notification|has failed|failure)|returned mail|"
    r"failure notice|non remis|echec (?:de (?:la )?)?(?:remise|distribution|livraison du message)|"
    r"message non (?:remis|distribue)|notification d'etat de remise|"
    r"avis de non[- ]remise|unzustellbar|nicht zugestellt|mail nicht zustellbar|no se (?:puede|pudo) entregar|"
    r"correo (?:no entregado|devuelto)|mancata consegna|"
    r"non recapitabile|onbestelbaar|niet bezorgd|nao entregue|falha na entrega|adresse introuvable|address not found)"
)
_DIAGNOSED = re.compile(
    r"n'a pas pu etre (?:remis|distribue|delivre)|could not be delivered|couldn't be delivered|was not delivered|"
    r"wasn't delivered|permanent (?:fatal )?error|"
    r"delivery to the following recipients?|final-recipient|diagnostic-code|\b5\.\d\.\d\b|\b550[ -]|\b552[ -]|"
    r"\b554[ -]|\b452[ -]|user unknown|mailbox (?:full|unavailable|not found)|"
    r"boite (?:aux lettres )?(?:pleine|saturee)|over quota|this is the mail system|"
    r"adresse (?:de messagerie )?.{0,60}introuvable|address (?:couldn't be|not) found|"
    r"recipient address rejected|konnte nicht zugestellt|no se ha podido entregar|impossibile recapitare|"
    r"kon niet worden bezorgd|nao foi possivel entregar"
)
_AWAY_SUBJECT = re.compile(
    r"(?:reponse automatique|automatic reply|auto-?reply|auto(?:matic)?[ -]?response|absence du bureau|"
    r"message d'absence|absent du bureau|out of (?:the )?office|abwesenheit\w*|"
    r"automatische antwort|respuesta automatica|fuera de la oficina|risposta automatica|fuori (?:sede|ufficio)|"
    r"automatisch antwoord|afwezig\w*|resposta automatica|"
    r"accuse de reception(?: automatique)?|confirmation automatique|automated (?:reply|response)|\bauto ?:)"
)
_AWAY = re.compile(
    r"(?:je (?:suis|serai) (?:actuellement |momentanement )?(?:absente?|en conges?|en vacances|en deplacement|"
    r"indisponible)|actuellement (?:absente?|en conges?|hors du bureau)|"
    r"absente?s? (?:du|jusqu)|en conge (?:maternite|parental|paternite|annuel)|de retour le|a mon retour|(?:notre|"
    r"nos) (?:societe|bureaux|locaux|magasin) (?:est|sont|sera|seront) fermes?|"
    r"i am (?:currently )?(?:out of (?:the )?office|away|on (?:annual |maternity |sick )?leave|on (?:holiday|"
    r"vacation))|out of (?:the )?office|limited access to (?:my )?e-?mail|"
    r"when i (?:return|am back)|ich bin (?:derzeit |bis )?.{0,30}(?:nicht im buro|abwesend|im urlaub)|estoy (?:fuera|"
    r"de vacaciones|ausente)|sono (?:assente|in ferie|fuori)|"
    r"ik ben (?:afwezig|niet op kantoor|met \w+verlof|op vakantie)|estou (?:ausente|de ferias|fora))"
)
_MACHINE = re.compile(
    r"(?:(?:ceci est|il s'agit d'|cet? (?:e-?mail|message|courriel) est) ?un (?:message|e-?mail|courriel) (?:genere |"
    r"envoye )?automati\w+|message genere automatiquement|"
    r"(?:genere|envoye)e? automatiquement|merci de ne pas (?:y )?repondre|ne (?:pas )?repond(?:ez|"
    r"re) (?:pas )?a ce (?:message|mail|courriel)|ne pas repondre|"
    r"nous (?:avons bien recu|accusons (?:bonne )?reception de) votre (?:message|demande|courrier|e-?mail|courriel|"
    r"reclamation)|votre (?:message|demande|e-?mail) a (?:bien )?ete (?:recue?|enregistree?|prise? en compte)|"
    r"this is an automat\w+|automatically generated|do not reply|please do not respond|(?:we have|"
    r"we've) received your (?:message|e-?mail|request|enquiry)|"
    r"thank you for (?:contacting|your (?:e-?mail|message)).{0,60}(?:will|aim to) (?:respond|reply|get back)|"
    r"automatisch (?:generiert|erstellt)|generado automaticamente|generato automaticamente|automatisch gegenereerd|"
    r"gerada automaticamente)"
)
_WE_ANSWER = re.compile(
    r"(?:un conseiller|nos? (?:equipes?|services?)|nous) .{0,20}(?:vous )?(?:repondr\w+|reviendr\w+|traiter\w+|"
    r"recontacter\w+)|(?:our team|we|an? (?:agent|adviser)) .{0,20}(?:will|shall|aim to) (?:reply|respond|get back|"
    r"contact)"
)
_ANSWERS = re.compile(r"^\s*(?:\[[^\]]{0,60}\]\s*)?(?:re|ré|rép|rep|aw|sv|antw|rif|res)\s?:")
_PASSED_ON = re.compile(r"^\s*(?:tr|fw|fwd|wg|rv|enc|i|doorst)\s?:")
_FILE = re.compile(
    r"(?:dossier|ticket|reclamation|demande|affaire|reference|ref|case|complaint|file|expediente|vorgang|aktenzeichen|"
    r"pratica|processo|zaak|numero|n°)[^.!?\n]{0,24}\d{3}"
)
_LINK = re.compile(r"https?://|\bwww\.")


def kind(message: Incoming, cleaned: Cleaned, found: Found) -> MessageKind | None:
    """The kind, when rules are sure of it; else None. `found` is what the packs found in the clean text."""
    subject, text = fold(message.subject[:400]), found.folded[:_LONGEST]
    if _is_bounce(fold(message.sender.email[:200]), subject, text):
        return MessageKind.BOUNCE
    if _is_automatic(subject, text):
        return MessageKind.AUTO_REPLY
    if _is_spam(found, text):
        return MessageKind.SPAM
    return MessageKind.FOLLOW_UP if _follows(message, cleaned, found, subject) else None


def has_own_subject(subject: str) -> bool:
    """Whether the author chose the subject: that of an answer or of what is passed on is somebody else's words."""
    folded = fold(subject[:400])
    return not _ANSWERS.match(folded) and not _PASSED_ON.match(folded)


def _is_bounce(sender: str, subject: str, text: str) -> bool:
    evidence = [_ROBOT.match(sender), _RETURNED.match(subject), _DIAGNOSED.search(text)]
    return sum(one is not None for one in evidence) >= 2


def _is_automatic(subject: str, text: str) -> bool:
    """A machine's words twice over, or once under a subject that says so; somebody who quotes one line is no "
    "machine.
    """
    machine = list(islice(_MACHINE.finditer(text), 2))
    told = [one.start() for one in [*machine, _AWAY.search(text[:700]), _WE_ANSWER.search(text)] if one is not None]
    if _AWAY_SUBJECT.search(subject):
        return bool(told)
    is_machine = bool(machine) or _AWAY.search(text[:700]) is not None
    return is_machine and len(told) >= 2 and len(text) < 1_200 and min(told) < 260


def _is_spam(found: Found, text: str) -> bool:
    cues = {hit.start for hit in found.of("kinds.spam")}
    asks = any(hit.name == "kinds.spam" for hit in found.hits if hit.start < 40)
    return len(cues) >= 3 or (len(cues) == 2 and (asks or bool(_LINK.search(text))))


def _follows(message: Incoming, cleaned: Cleaned, found: Found, subject: str) -> bool:
    """News of a running file: what was asked for, or a short reminder; a long story is left to what was learned."""
    words = len(found.folded.split())
    early = {hit.name for hit in found.of("follow") if hit.start < 220}
    answers = bool(_ANSWERS.match(subject)) or any(one.kind is Part.QUOTE for one in cleaned.removed)
    if "follow.answer" in early and words <= 90 and (answers or message.channel in {"sms", "social"}):
        return True
    names_file = _FILE.search(subject) is not None or _FILE.search(found.folded[:_LONGEST]) is not None
    only_reminds = "follow.remind" in early and not found.of("cues.strong")  # what announces more is no mere reminder
    if only_reminds and words <= 70 and (answers or names_file):
        return True
    return "follow.thanks" in early and words <= 70 and answers and names_file
