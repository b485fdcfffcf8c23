"""The marks that mail programs write above what they quote: fields, separators, "X a écrit :". Pure.

Sources: mails of Outlook, Gmail, Orange, Zimbra (Free, La Poste, Bouygues), SFR, Samsung, Apple, Thunderbird, Yahoo,
in French and in English, and the same words in the languages that neighbours write. All is matched on folded text.
"""

import re
from dataclasses import dataclass, field

from doleance.understanding.rules import Sender
from doleance.understanding.text.lines import Line, fold

LONGEST = 600  # signs of a line that can be a header
_FROM = "de la part de|de|from|expediteur|envoye par|von|da|van|fra|fran|lahettaja|od|от|remitente|mittente|afzender"
_SENT = (
    "envoye(?: le| a)?|date(?: d'envoi)?|sent|sent on|message du|recu le|gesendet|datum|enviado(?: el| em)?|fecha|"
    "inviato|data|verzonden|sendt|dato|skickat|lahetetty|wyslano|отправлено|дата|le"
)
_TO = "a|to|pour|destinataires?|an|para|per|aan|til|till|vastaanottaja|do|кому|cc|copie(?: a)?|bcc|cci|kopie|kopi"
_SUBJECT = "objet|sujet|subject|re|betreff|asunto|assunto|oggetto|onderwerp|emne|amne|aihe|temat|тема"
_OTHER = "repondre a|reply-to|importance|priorite|pieces? jointes?|attachments?|organisation|organization"
_PREFIX = r"[ >*|_\t]{0,12}"
FIELD = re.compile(
    rf"{_PREFIX}(?:(?P<sender>{_FROM})|(?P<sent>{_SENT})|(?P<to>{_TO})|(?P<subject>{_SUBJECT})|(?P<other>{_OTHER}))"
    r"[ *]{0,3}:(?P<value>.*)"
)
_SENT_ON = re.compile(rf"{_PREFIX}(?:envoye|sent|gesendet|enviad|inviat|verzonden|message du|sendt|skickat)")
# What says "here begins an older message", by itself.
_RULE = r"[-_=*~# ]{2,80}"
REPLIED = re.compile(
    rf"{_PREFIX}{_RULE}(?:message d'origine|message original|mail original|courriel original|e-?mail d'origine|"
    r"original message|original appointment|original message headers|en-tetes (?:du message )?d'origine|"
    r"messages? precedents?|messages? initia\w+|previous messages?|(?:historique|fil)(?: \w+'?){0,3}|"
    r"conversation history|"
    r"(?:reponse a )?(?:votre|your) (?:message|demande|mail|e-?mail|courriel|question|request)(?: [\w/]+){0,5}|"
    r"reply message|urspr(?:u|ue)ngliche nachricht|"
    r"mensaje original|messaggio originale|oorspronkelijk bericht|mensagem original|oprindelig besked|"
    rf"opprinnelig melding|ursprungligt meddelande|alkuperainen viesti|wiadomosc oryginalna){_RULE} ?:? ?$"
)
FORWARDED = re.compile(
    rf"{_PREFIX}(?:{_RULE})?(?:forwarded message(?: follows)?|begin forwarded message|message transfere|"
    r"message reexpedie|message relaye|mail transfere|e-?mail transfere|courriel transfere|"
    r"debut du (?:message|courriel|mail) (?:transfere|reexpedie)|"
    r"weitergeleitete nachricht|mensaje reenviado|messaggio inoltrato|doorgestuurd bericht|mensagem encaminhada)"
    r"(?: de .{1,80})?(?: par .{1,80})?[-_=*~ ]{0,80}:?[-_=*~ ]{0,20}$"
)
# What a mail server copies of the message it refuses.
_RETURNED = re.compile(
    r"return-path ?: ?<|en-tetes (?:du message )?d'origine ?:|original message headers ?:|"
    r"-+ ?this is a copy of the message|-+ ?(?:ci-dessous|below)[^.]{0,30}\b(?:copie|copy) (?:du|of (?:the|"
    r"your)) message|"
    r"-+ ?(?:ceci est|voici) (?:une|la) copie du message"
)
# What help desks write between the messages of one file; weaker marks, believed under the author's own words only.
_REPLY_ABOVE = re.compile(
    r"\b(?:repon(?:se|dre|dez)|reply|respond|ecri(?:re|vez)|saisi\w+|type|write)\b.{0,40}\b(?:au-dessus|ci-dessus|"
    r"above)\b"
    r".{0,12}\b(?:ligne|line|trait)\b"
)
_HISTORY = re.compile(
    r"(?:historique (?:de (?:la |votre |notre )?(?:conversation|discussion|demande)|des? (?:vos |nos )?(?:echanges|"
    r"messages)|du (?:ticket|dossier))|echanges? precedents?|(?:conversation|ticket|message) history|"
    r"previous (?:messages?|correspondence|conversation)|"
    r"(?:votre|notre) (?:message|demande|reponse|question|mail|courriel) (?:initiale?|precedente?|d'origine)|"
    r"(?:your|our) (?:initial|previous|original|first) (?:message|request|reply|question|email)) ?:? ?$"
)
_POST = (
    r"(?:reponse|message|demande|commentaire|mail|e-?mail|courriel|question|reclamation|reply|response|comment|note|"
    r"request|query)"
)
_POSTED = re.compile(
    rf"(?:(?:votre|notre|ma|mon|your|our|my|premiere?|derniere?|nouve\w+|new|customer|client|agent) ){{0,2}}{_POST}\b"
    r"(?! (?:envoye|restee?|sans|not|sent))[^.!?]{0,70}$"
)
_LABELLED = re.compile(
    rf"(?:(?:votre|notre|your|our) {_POST}|(?:vous|you) (?:aviez|avez|nous|have|had|wrote).{{0,30}}) ?:$"
)
_ENDS_DATED = re.compile(r"\d{2}(?: ?(?:h|am|pm))?[\])]? ?:? ?$")
_SEPARATOR = re.compile(rf"{_PREFIX}[-_=*]{{3,90}} ?$")
_ADDRESS = re.compile(r"[\w.+'-]{1,64}@[\w-]{1,63}\.[\w.-]{1,80}|mailto:|<[^<>@]{0,40}@")
_TIME = re.compile(r"\b\d{1,2} ?[:h.] ?\d{2}\b")
_DAY = re.compile(
    r"\b(?:\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}|\d{4}-\d{2}-\d{2}|\d{1,2}\.? (?:de )?[^\W\d]{3,12}\.? ?(?:de )?,? ?\d{4}|"
    r"[^\W\d]{3,10}\.? \d{1,2}(?:st|nd|rd|th)?,? \d{4}|\d{1,2}\.? [^\W\d]{3,5}\.|[a-z]{3,9}-\d{1,2}-\d{2,4})"
)
_WROTE = re.compile(
    r"\b(?:a ecrit|ont ecrit|ecrivait|wrote|writes|schrieb|escribio|ha scritto|scrisse|schreef|escreveu|"
    r"skrev|kirjoitti|napisal(?:\(a\)|a)?|a scris|написал(?:\(а\)|а)?|пишет)\b"
)
_CITES = re.compile(r"(?:selon|citation de|en reponse a|quoting|citando|zitat von|citando a)\b")
_WE_WERE_WRITTEN = re.compile(r"(?:\b[mtl]'|\b(?:nous|vous|lui|leur|on|il|elle) )(?:a|ont) ecrit")
_OPENS = re.compile(
    rf"{_PREFIX}(?:le|on|am|el|il|op|em|den|dnia|w dniu|in data|at|a las|on behalf|the|"
    r"(?:lun|mar|mer|jeu|ven|sam|dim|mon|tue|wed|thu|fri|sat|sun|tir|ons|tor|fre|lor|pe|ma|ti|ke|to|la|su|ср|пн|вт|"
    r"чт|пт|сб|вс)[^\W\d]{0,6}\.?,?|\d)[ ,\d]"
)


@dataclass(frozen=True, slots=True)
class Block:
    """A run of lines that announces an older message: the lines `first` to `last - 1`.

    `is_forward` when it says so itself; `is_inline` when what follows may carry quoting signs that end ("X wrote").
    """

    first: int
    last: int
    author: Sender = field(default_factory=Sender)
    is_forward: bool = False
    is_inline: bool = False
    is_weak: bool = False  # believed under words of the author's own only


def block_at(lines: list[Line], folded: list[str], number: int) -> Block | None:
    """The announcement that begins at a line, or None."""
    head = folded[number]
    if not head or len(head) > LONGEST or head.isspace():
        return None
    if _RETURNED.match(head):
        return Block(number, number + 1)
    return (
        _separated(lines, folded, number)
        or _fields(lines, folded, number)
        or _attribution(lines, folded, number)
        or _posted(lines, folded, number)
    )


def _posted(lines: list[Line], folded: list[str], number: int) -> Block | None:
    """« Réponse du support (Léa) le 12/05/2026 10:22 », « Répondez au-dessus de cette ligne »: help desks."""
    head = folded[number].strip(" *|#-=_")
    if len(head) > 120 or head[:1] == ">":
        return None
    if _REPLY_ABOVE.search(head) or _HISTORY.match(head) or (_is_dated_post(head) and not _is_listed(folded, number)):
        return Block(number, number + 1, is_weak=True)
    if _LABELLED.match(head) and number + 1 < len(lines) and folded[number + 1].lstrip()[:1] == ">":
        return Block(number, number + 1, is_inline=True, is_weak=True)
    return None


def _is_dated_post(head: str) -> bool:
    return bool(_POSTED.match(head) and _DAY.search(head) and _TIME.search(head) and _ENDS_DATED.search(head))


def _is_listed(folded: list[str], number: int) -> bool:
    """Whether the next written line, or the one above, says the same of another day: somebody lists what they sent."""
    below = next((line for line in folded[number + 1 : number + 4] if line.strip()), "")
    above = next((line for line in reversed(folded[max(number - 3, 0) : number]) if line.strip()), "")
    return any(len(line) <= 120 and _is_dated_post(line.strip(" >*|#-=_")) for line in (below, above))


def _separated(lines: list[Line], folded: list[str], number: int) -> Block | None:
    """A separator that says what follows, with the fields below it, or a bare rule with fields below it."""
    head = folded[number]
    forward, replied = FORWARDED.match(head), REPLIED.match(head)
    if not (forward or replied or _SEPARATOR.match(head)):
        return None
    below = number + 1
    while below < len(lines) and below <= number + 3 and lines[below].is_blank:
        below += 1
    fields = _fields(lines, folded, below, needs=2) if below < len(lines) else None
    if fields is not None:
        return Block(number, fields.last, fields.author, is_forward=bool(forward))
    if replied or (forward and _says_so_alone(head)):
        return Block(number, number + 1, is_forward=bool(forward))
    return None


def _says_so_alone(head: str) -> bool:
    """Whether a line about forwarding is drawn as a separator, or ends as an announcement."""
    bare = head.strip(" >*|")
    return bare.startswith(("--", "==", "__")) or bare.endswith(":")


def _fields(lines: list[Line], folded: list[str], number: int, *, needs: int = 3) -> Block | None:
    """Fields such as De, Envoyé, À, Objet under one another: at least `needs`, an author, a proof that it is mail."""
    found: dict[str, str] = {}
    proofs = 0
    last = at = number
    slack = 0
    while at < len(lines) and at < number + 24:
        line = folded[at]
        match = FIELD.match(line) if len(line) <= LONGEST else None
        if match is not None and (match.lastgroup != "value" or _kind(match)):
            kind = _kind(match)
            found.setdefault(kind, lines[at].text[match.start("value") :])
            if kind == "sender" and not _ADDRESS.search(line) and at + 1 < len(lines):
                found[kind] += " " + lines[at + 1].text if "@" in lines[at + 1].text else ""
            proofs += _proof(kind, line)
            last, slack = at + 1, 0
        elif not _goes_on(line, found, slack):
            break
        else:
            proofs += 1 if _ADDRESS.search(line) else 0
            slack += 1
        at += 1
    if not _is_mail(found, proofs, needs):
        return None
    return Block(number, _past_recipients(lines, folded, last), author_of(found.get("sender", "")))


def _kind(match: re.Match[str]) -> str:
    return next(name for name in ("sender", "sent", "to", "subject", "other") if match[name] is not None)


def _proof(kind: str, line: str) -> int:
    """What no list of a customer's journey holds: an address, a sending date with its hour, or the word "sent"."""
    if kind != "sent":
        return int(bool(_ADDRESS.search(line)))
    return int(bool(_ADDRESS.search(line) or _TIME.search(line) or (_SENT_ON.match(line) and _DAY.search(line))))


def _goes_on(line: str, found: dict[str, str], slack: int) -> bool:
    """Whether a line that is no field may stand among fields: a wrapped list of recipients, one empty line."""
    if not found or slack >= 3:
        return False
    bare = line.strip(" >")
    return (not bare and slack == 0 and len(found) < 3) or "@" in bare or bare.endswith(";") or bare.startswith("<")


def _is_mail(found: dict[str, str], proofs: int, needs: int) -> bool:
    if len(found) < needs or "sender" not in found:
        return False
    if not {"sent", "subject"} & found.keys():
        return False
    if proofs:
        return True
    dated = _DAY.search(fold(found.get("sent", "")))
    return {"sent", "to", "subject"} <= found.keys() and dated is not None and needs < 3


def _past_recipients(lines: list[Line], folded: list[str], last: int) -> int:
    """Past the lines that only go on with the last field."""
    at = last
    while (
        at < len(lines)
        and at < last + 6
        and _ADDRESS.search(folded[at])
        and folded[at].strip().endswith((";", ",", ">"))
    ):
        at += 1
    return at


def _attribution(lines: list[Line], folded: list[str], number: int) -> Block | None:
    """« Le lun. 3 mars 2026 à 10:12, Claire <claire@…> a écrit : », on one line or wrapped over four."""
    if not (_OPENS.match(folded[number]) or _ADDRESS.search(folded[number]) or _WROTE.search(folded[number])):
        return None
    joined = ""
    for at in range(number, min(number + 4, len(lines))):
        if not folded[at].strip(" >"):
            return None
        joined = (joined + " " + folded[at].strip(" >*|")).strip()
        if len(joined) > LONGEST:
            return None
        if _announces(joined) and not _ends_later(folded, at):
            original = " ".join(lines[one].text.strip(" >*|") for one in range(number, at + 1))
            return Block(number, at + 1, _writer(original), is_inline=True)
        if joined.endswith((".", "!", "?")) and not _ADDRESS.search(joined):
            return None
    return None


def _ends_later(folded: list[str], at: int) -> bool:
    """Whether the next line holds only the end of this announcement: « > : »."""
    return at + 1 < len(folded) and folded[at + 1].strip() in {":", ">:", "> :"}


def _announces(joined: str) -> bool:
    """Whether words are "who wrote when": a date, a verb of writing or an address, and nothing after them."""
    wrote = _WROTE.search(joined)
    if _WE_WERE_WRITTEN.search(joined):
        return False
    joined = joined.rstrip(" -")
    address, dated = _ADDRESS.search(joined), _DAY.search(joined)
    timed = _TIME.search(joined)
    if joined.endswith(":"):
        if wrote:
            return bool(dated and (timed or address)) or bool(address) or bool(dated and _OPENS.match(joined))
        return bool(address and ((dated and timed) or _CITES.match(joined)))
    if address and dated and timed and _ENDS_DATED.search(joined) and len(joined) <= 160:
        return True
    ends = wrote is not None and wrote.end() >= len(joined) - 1
    return ends and bool(dated and address)


_NAMED = re.compile(
    r"(?P<name>[^<>\[\]\"():;@]{2,80}?)[\"' ]{0,4}[<\[(] ?(?:mailto:)?"
    r"(?P<address>[^\s<>\[\]()]{1,64}@[^\s<>\[\]()]{1,190})"
)
_LONE = re.compile(r"[\w.+'-]{1,64}@[\w-]{1,63}\.[\w.-]{1,120}\w")


def author_of(value: str) -> Sender:
    """The person that a field « De » names; empty when it names nobody."""
    told = value.replace("\u00a0", " ").strip(" *\t")[:LONGEST]
    named = _NAMED.search(told)
    if named:
        return Sender(name=_name(named["name"]), email=named["address"].removeprefix("mailto:").lower())
    lone = _LONE.search(told)
    if lone:
        return Sender(name=_name(told[: lone.start()]), email=lone[0].lower())
    return Sender(name=_name(told))


def _name(words: str) -> str:
    bare = " ".join(words.split()).strip(" \"'<>*,;:-")
    return "" if "@" in bare else bare[:120]


def _writer(words: str) -> Sender:
    """Whom an attribution names: the address, and the words before it that follow the date."""
    lone = _LONE.search(words[:LONGEST])
    if not lone:
        return Sender()
    before = re.split(r"\d[,.]?\s|,\s|\u00a0", words[: lone.start()])[-1]
    return Sender(name=_name(before), email=lone[0].lower())
