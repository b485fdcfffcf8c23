"""Signatures, "Envoyé de mon iPhone", disclaimers and the banners of mail gateways. Pure, linear.

References stay (« N° client 448 212 » under a name is a fact of the complaint), and so does a postscript.
"""

import re
from collections.abc import Sequence

from doleance.understanding.text.courtesies import is_closing, is_greeting
from doleance.understanding.text.lines import Line, fold
from doleance.understanding.text.replies import Part

_LONGEST_BLOCK = 14  # lines
_LONGEST_TAIL = 60  # lines at the end, empty ones too, where a signature mark is sought
_DELIMITER = re.compile(r"[ \t]{0,3}(?:--|__|-- -|\*\*)[ \t]{0,3}$")
_RULE = re.compile(r"[ \t]{0,3}[-_=*~#.]{3,120}[ \t]{0,3}$")
_DEVICE = (
    r"(?:messagerie|courrier|mon|ma|my|notre|mein\w*|mi|mio|mijn|meu|minha|un|une|a|an|the|l'app\w*|l'application|"
    r"yahoo|outlook|"
    r"gmail|proton\s?mail|"
    r"orange|sfr|free|la ?poste|bbox|bouygues|samsung|iphone|ipad|android|huawei|xiaomi|galaxy|mail|tutanota|"
    r"blackberry|"
    r"windows|wiko|sony|nokia|spark|bluemail|k-9|typeapp|aol|infomaniak|thunderbird|canary|airmail|smartphone|mobile|"
    r"oppo|oneplus|honor|google|pixel|fairphone|motorola|apple|microsoft|zimbra|gmx|laposte|numericable|neuf|"
    r"telephone|"
    r"tablette|ordinateur|portable|appareil|phone|tablet|device|ionos|ovh|mailo|fairemail|edison|hotmail|live|hey)"
)
_MOBILE = re.compile(
    rf"\W{{0,4}}(?:(?:envoye|expedie|ecrit|redige|tape)(?:e|s)? (?:de|du|d'|depuis|a partir d[e'u]|avec|via|par|"
    rf"sur) ?(?:le |la |l'|"
    rf"une? )?{_DEVICE}\b"
    rf"|(?:sent|written|composed|typed) (?:securely )?(?:from|with|via|by|using|on) {_DEVICE}\b"
    rf"|(?:gesendet|geschickt) (?:von|mit|uber) {_DEVICE}\b|von {_DEVICE}.{{0,40}} gesendet$"
    rf"|(?:enviado|enviada|mandado) (?:desde|con|do|de|da|a partir d\w{{1,2}}|pelo) (?:el |la |il )?{_DEVICE}\b"
    rf"|inviato (?:da|dal|con|tramite) {_DEVICE}\b|(?:verstuurd|verzonden) (?:vanaf|vanuit|met|via) {_DEVICE}\b"
    r"|(?:telecharge[rz]|obtene[rz]|obtenir|get|download|installe[rz]) (?:outlook|bluemail|l'application|the app|"
    r"yahoo mail|typeapp|spark) (?:pour|for|mail)\b|"
    r"provenance ?: ?courrier pour windows"
    r"|sent (?:securely )?from proton|je vous ecris depuis mon (?:mobile|telephone)[^.]{0,12}$"
    r"|(?:desole|veuillez excuser|pardon|excuse|sorry|please (?:excuse|forgive)).{0,20}(?:fautes|brievete|brevity|"
    r"typos?|erreurs de frappe).{0,60}$)"
)
_MOBILE_LONGEST = 130
_THEN_A_CLAUSE = re.compile(
    r",(?! ?(?:desole|pardon|excuse|merci de (?:votre indulgence|excuser)|sorry|apolog|please e))| (?:car|donc|mais|"
    r"que|is|are|because|so|and|puisque|et je|je)\b"
)
_DISCLAIMER = re.compile(
    r"\bce (?:message|courriel|courrier|mail|e-?mail)(?: electronique)?(?:,? (?:et|ainsi que) (?:toutes? |tous |ses |"
    r"les |l'ensemble d\w+ )"
    r".{0,40}(?:jointes?|annexes|attache))|\b(?:this|the) (?:e-?mail|message|communication)(?: and (?:any|all|"
    r"its).{0,40}(?:attach|files)|"
    r".{0,60}(?:confidential|intended (?:only|solely)|privileged))|intended recipient|(?:destinataire (?:designe|"
    r"prevu|de ce message)|"
    r"n'etes pas (?:le |la )?(?:bon |veritable )?destinataire)|confidentiel\w*.{0,80}destinat|"
    r"exclusivement a l'(?:attention|intention|usage)|"
    r"(?:pensez|penser|think|songez).{0,30}(?:environnement|environment|planete|impression|avant d'imprimer)|"
    r"avant d'imprimer|"
    r"(?:consider|before) .{0,30}(?:environment|printing)|garanti sans virus|virus-free|absence de virus|(?:verifie|"
    r"analyse|checked|scanned) .{0,30}"
    r"(?:antivirus|avast|avg|virus)|avast\.com|se desabonner|se desinscrire|pour ne plus recevoir|me desinscrire|"
    r"unsubscribe|"
    r"(?:decline|declinent|disclaims?).{0,40}(?:responsabilite|liability)|diese e-?mail (?:enthalt|ist)|vertrauliche|"
    r"este (?:mensaje|correo) .{0,80}confidencial|"
    r"(?:questo|il presente) messaggio .{0,80}(?:riservat|confidenzial)|dit bericht .{0,80}vertrouwelijk|"
    r"esta mensagem .{0,80}confidencial|"
    r"informazioni contenute in questo|mailing list$|"
    r"registered (?:charity|company|office|in (?:england|scotland|wales|ireland|northern|the uk))|"
    r"charit(?:y|able body),? (?:no\b|number|reg)|"
    r"(?:recu|receive\w*|got) (?:ce|cet|this|the) (?:message|mail|courriel|courrier|e-?mail).{0,30}(?:par erreur|"
    r"in error|"
    r"by mistake).{0,120}(?:detrui|supprim|avert|preveni|inform|efface|delete|notify|destroy|expediteur|sender)|"
    r"(?:informations?|information) (?:contenues? dans|contained in) (?:ce|cet|this)|integrite de ce (?:message|"
    r"mail|courriel)|"
    r"(?:toute|any) (?:utilisation|diffusion|publication|copie|use|disclosure|copying).{0,60}(?:interdite|autorisee|"
    r"prohibited|"
    r"unauthori[sz]ed)|n'imprimez|n'imprimer|(?:print|imprimez?) (?:this|ce).{0,30}(?:only if|necessa)|eco-?attitude|"
    r"(?:messages?|e-?mails?) (?:electroniques? )?(?:ne sont pas|n'est pas|sont susceptibles|"
    r"etant susceptible).{0,40}(?:securis|"
    r"alter|modif)"
)
_BANNER = re.compile(
    r"\W{0,6}(?:caution|warning|attention|external|externe|avertissement|mise en garde)\b.{0,80}(?:outside|external|"
    r"originat|exterieur|externe|hors de)"
    r"|\W{0,4}\[(?:external|externe|ext)\]\W{0,3}$|you don'?t often get email from|"
    r"vous n'obtenez pas souvent d'e-?mail|certaines personnes qui ont recu ce message"
)
_POSTSCRIPT = re.compile(r"\W{0,3}(?:p\.? ?s\.?|post-?scriptum|nb|n\.b\.)\b\W{0,3}\S")
_REFERENCE = re.compile(
    r"\b(?:n[°o]|num(?:ero)?|ref(?:erence)?s?|client|contrat|dossier|commande|facture|compte|police|adherent|"
    r"abonne\w*|"
    r"customer|account|order|contract|policy|invoice|case|membership|reservation|booking|sinistre|allocataire|"
    r"compteur|pdl|pce)\b.{0,24}\d"
)
_PHONE = re.compile(
    r"(?:\+\d{1,3}|\b0)[ .-]?(?:\(0\) ?)?\d(?:[ .-]?\d{2}){4}\b|\+\d[\d .()-]{7,18}\d|\b\d{3}[-. ]\d{3}[-. ]\d{4}\b"
)
_CONTACT = re.compile(
    r"(?:^|\W)(?:tel|telephone|phone|mob|mobile|port|portable|fax|gsm|standard|ligne directe|direct|cell|tlf|handy|"
    r"telefon\w*|e-?mail|mail|courriel|web|site)"
    r"\b\.? ?[:+\d(]|\w@\w|https?://|\bwww\.|\b(?:f|t|m|p) ?: ?\+?\d|\b(?:suivez|retrouvez|rejoignez)-nous|"
    r"\bfollow us|"
    r"\blinkedin\b|^[a-z0-9-]{3,40}\.(?:fr|com|org|net|eu|be|ch|co\.uk)$"
)
_PLACE = re.compile(
    r"\b\d{5}\b ?[a-z]|\b(?:\d{1,4},? ?(?:bis|ter)?,? (?:rue|avenue|av|bd|boulevard|place|chemin|impasse|allee|route|"
    r"quai|cours|square|passage|lotissement|residence|street|st|road|rd|lane|drive|close))\b"
    r"|\b[a-z]{1,2}\d{1,2}[a-z]? \d[a-z]{2}\b|\bcedex\b|\bbp \d"
)
_ROLE = re.compile(
    r"\b(?:responsable|gerant\w?|chargee? d|manager|comptab\w+|agent\w?|adjoint\w?|delegue\w?|stagiaire|"
    r"chef d|cheffe d|president\w*|secretaire|tresori\w+|benevole|referent\w?|honoraire|apprenti\w?|"
    r"avocat\w?|docteur|dr|maitre de|professeur\w?|enseignant\w?|etudiant\w?|notaire|geometre\w*|medecin|kine\w*|"
    r"artisan|"
    r"syndic|expert\w?|"
    r"retraite\w?|commercial\w?|freelance|profession liberale|"
    r"(?:service|pole|direction|bureau|equipe|unite|cellule) (?!public\b)[a-z]{4,}|departement|department|faculty|"
    r"school|"
    r"university|universite|college|lycee|ecole|institut\w?|laboratoire|cabinet|etude|agence|groupe|societe|"
    r"etablissements?|ets|entreprise|boutique|restaurant|pharmacie|garage|boulangerie|federation|amicale|syndicat|"
    r"comite|"
    r"collectif|club|union|association|assoc|asso|mairie|foundation|fondation|trust|group|team|office|services|"
    r"solutions|"
    r"consulting|head of|officer|lead|reader in|lecturer|chair\w*|treasurer|volunteer|secretary|"
    r"ceo|cto|cfo|coo|pdg|dg|drh|daf|raf|founder|owner|vp|"
    r"sarl|selarl|s\.?l\.?|s\.?r\.?l\.?|lda|ltda|sas|sasu|eurl|sci|gaec|earl|scop|gmbh|ltd|llc|inc|bv|plc|llp|"
    r"s\.?a\.?|snc|"
    r"siret|siren|rcs|ape|tva|vat|accounts payable|"
    r"engineer|accountant|coordinat\w+|specialist|retired|teacher|nurse|solicitor|plumber|architect\w?)\b"
    # Trades by the way they end: relectrice, plombier, photographe, kinésithérapeute, supervisor.
    r"|^[^\w]{0,3}(?:(?:ex-|vice-|co-?)?[a-z-]{2,16}(?:teur|trice|tier|tiere|bier|mier|miere|niste|riste|liste|"
    r"logue|graphe|"
    r"peute|cien|cienne|mien|mienne|visor|keeper))\b"
)
_MOTTO = re.compile(r'[ *_]{0,3}"[^"]{6,200}"[ .,*_-]{0,4}\(?[a-z .\'-]{0,40}\)?$')
_DAYS = r"(?:lun|mar|mer|jeu|ven|sam|dim|mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6}\.?"
_HOURS = re.compile(
    rf"\b{_DAYS} .{{0,30}}\d{{1,2}} ?(?:h|:|am|pm)|\d{{1,2}} ?h ?\d{{0,2}} ?(?:-|a|et|/) ?\d{{1,2}} ?h|\b7 ?j ?/ ?7\b|"
    r"\b24 ?h? ?/ ?24\b|sur (?:rendez-vous|rdv)\b|\b(?:permanences?|horaires|ouvert(?:ure)?|open(?:ing hours)?) ?:|"
    rf"\b(?:ouverte?|open|absente?) (?:le |du |from )?{_DAYS}"
)
# When one may be reached is news for who answers; a sum or a purchase is what the complaint is about.
_NEWS = re.compile(
    r"\b(?:dispo\w*|joignable|libre|available|reachable|present\w?|rappel\w*|call)\b|\d ?(?:€|£|\$|eur\b|euros?\b)|"
    r"\b(?:achete|commande|livre|paye|recu|bought|ordered|paid)\w?\b"
)
_PARTICLES = frozenset(
    {"de", "du", "des", "le", "la", "les", "d'", "l'", "von", "van", "der", "den", "di", "da", "do"}
)
_PARTICLES |= {"dos", "et", "and", "&", "e", "y"}
_OWN = re.compile(r"\b(?:je|j'|m'|me|moi|mon|ma|mes|i|i'm|i've|me|my|merci de|veuillez|please)(?:\b|(?<='))")
_SENTENCE = re.compile(
    r"\b(?:je|j'|nous|(?<!rendez-)vous|votre|vos|mon|ma|mes|est|sont|ai|avez|i|we|you|your|my|is|are|was|have|"
    r"please|merci de)\b"
)


def mark(lines: Sequence[Line], parts: list[Part | None], start: int, end: int) -> None:
    """Set apart, among the own lines of a segment, what is signature and what is small print."""
    own = [at for at in range(start, end) if parts[at] is None]
    folded = {at: fold(lines[at].text[:2_000]) for at in own}
    _small_print(own, folded, parts)
    own = [at for at in own if parts[at] is None]
    if not _delimited(own, folded, parts):
        _tail(own, lines, folded, parts)
    _rules_at_the_end([at for at in own if parts[at] is None], folded, parts)


def _small_print(own: list[int], folded: dict[int, str], parts: list[Part | None]) -> None:
    """Lines of devices, banners, and the paragraphs of disclaimers; never the only words there are."""
    words = sum(1 for at in own if folded[at].strip())
    for paragraph in _paragraphs(own, folded):
        devices = {at for at in paragraph if _is_device(folded[at])}
        for at in devices:
            parts[at] = Part.SIGNATURE
        rest = [at for at in paragraph if at not in devices]
        first = next((at for at in rest if _BANNER.match(folded[at]) or _DISCLAIMER.search(folded[at])), None)
        if first is None:
            continue
        gone = rest[rest.index(first) :]
        if _says_something(rest[: rest.index(first)], folded) or len(gone) < words:
            for at in gone:
                parts[at] = Part.DISCLAIMER


def _says_something(some: list[int], folded: dict[int, str]) -> bool:
    return any(folded[at].strip() for at in some)


def _is_device(line: str) -> bool:
    bare = line.strip()
    if len(bare) > _MOBILE_LONGEST:
        return False
    found = _MOBILE.match(bare)
    return found is not None and not _THEN_A_CLAUSE.search(bare[found.end() :].partition("<")[0])


def _paragraphs(own: list[int], folded: dict[int, str]) -> list[list[int]]:
    found: list[list[int]] = [[]]
    for at in own:
        if folded[at].strip():
            found[-1].append(at)
        elif found[-1]:
            found.append([])
    return [one for one in found if one]


def _delimited(own: list[int], folded: dict[int, str], parts: list[Part | None]) -> bool:
    """What stands below the signature mark (RFC 3676 §4.3), when it is short and something stands above."""
    first = next((place for place, at in enumerate(own) if folded[at].strip()), len(own))
    for place in range(max(first + 1, len(own) - _LONGEST_TAIL), len(own)):
        if not _DELIMITER.match(folded[own[place]]):
            continue
        below = [one for one in own[place + 1 :] if folded[one].strip()]
        said_after = next((at for at, one in enumerate(below) if _POSTSCRIPT.match(folded[one])), len(below))
        below = below[:said_after]
        if len(below) > _LONGEST_BLOCK or any(_is_prose(folded[one]) for one in below[:6]):
            continue
        kept = False
        for one in own[place:]:
            kept = kept or bool(_POSTSCRIPT.match(folded[one]))
            if not kept and not _REFERENCE.search(folded[one]):
                parts[one] = Part.SIGNATURE
        return True
    return False


def _is_prose(line: str) -> bool:
    return (
        len(line.split()) >= 6
        and bool(_SENTENCE.search(line))
        and not _CONTACT.search(line)
        and not _MOTTO.match(line.strip())
    )


def _tail(own: list[int], lines: Sequence[Line], folded: dict[int, str], parts: list[Part | None]) -> None:
    """The block under the closing, or at the very end: name, role, telephone, address."""
    written = _before_postscript(own, folded)
    top = _under_closing(written, lines, folded)
    top = _top_of_tail(written, folded) if top is None else top
    above, block = written[:top], written[top:]
    if not block or not above or folded[above[-1]].rstrip().endswith(":"):
        return
    closed = _closes(folded[above[-1]])
    apart = _is_apart(above, block, own)
    named = _is_name(lines[block[0]].text)
    reached = sum(1 for at in block if _is_contact(folded[at]))
    described = sum(1 for at in block[int(named) :] if _describes(folded[at]) and not _is_contact(folded[at]))
    if closed:
        is_signature = reached > 0 or (len(block) > 1 and (described > 0 or (named and not _are_people(block, lines))))
    else:
        told = reached + described >= 2 or (named and (described > 0 or not _are_people(block, lines)))
        is_signature = apart and len(block) > 1 and told
    if not is_signature:
        return
    for at in block[_typed(above, block, own, folded, closed=closed) :]:
        if not _REFERENCE.search(folded[at]):
            parts[at] = Part.SIGNATURE


def _are_people(block: list[int], lines: Sequence[Line]) -> bool:
    """Whether each line of a block is somebody who signs: a couple, the neighbours of a stair."""
    return all(_is_name(lines[at].text) for at in block)


def _before_postscript(own: list[int], folded: dict[int, str]) -> list[int]:
    """The written lines, without the postscripts that end them and what follows these."""
    written = [at for at in own if folded[at].strip()]
    for place in range(max(len(written) - _LONGEST_BLOCK, 1), len(written)):
        if _POSTSCRIPT.match(folded[written[place]]):
            return written[:place]
    return written


def _typed(above: list[int], block: list[int], own: list[int], folded: dict[int, str], *, closed: bool) -> int:
    """How many lines of a block were typed, and no program's: a name right under the closing and apart from the
    rest.
    """
    if len(block) < 2 or _is_contact(folded[block[0]]) or len(folded[block[0]].split()) > 4:
        return 0
    if not closed:
        return 1
    return int(not _is_apart(above, block, own) and _is_apart(block[:1], block[1:], own))


def _is_apart(above: list[int], block: list[int], own: list[int]) -> bool:
    """Whether an empty line stands between a block and the words above it."""
    return any(at not in block for at in own[own.index(above[-1]) + 1 : own.index(block[0])])


def _is_name(line: str) -> bool:
    """Whether a line is who signs: some words that begin by a capital, particles aside."""
    words = re.sub(r"^(?:et|and|&) ", "", line.strip(" ,.-*_\t")).split()
    if not 1 <= len(words) <= 5 or not words[0][:1].isupper():
        return False
    return all(word[:1].isupper() or word.lower() in _PARTICLES for word in words) and not any(map(_has_digit, words))


def _has_digit(word: str) -> bool:
    return any(sign.isdigit() for sign in word)


def _under_closing(written: list[int], lines: Sequence[Line], folded: dict[int, str]) -> int | None:
    """Where the block under the last closing begins, when a name heads it and nothing in it goes on with the story.

    A motto or a boast may stand there ("Vous rêvez, nous bâtissons") beside lines that are plainly of a signature.
    """
    least = max(len(written) - _LONGEST_BLOCK - 1, 0)
    for place in range(len(written) - 1, least, -1):
        if _closes(folded[written[place - 1]]):
            block = written[place:]
            odd = [at for at in block if not _may_sign(folded[at].strip())]
            plain = any(_is_contact(folded[at]) or _describes(folded[at]) for at in block[1:] if at not in odd)
            told = plain or not any(_SENTENCE.search(folded[at]) or _has_digit(folded[at]) for at in odd)
            is_one = _is_name(lines[block[0]].text) and told and len(odd) <= 2
            return place if is_one and all(_may_boast(folded[at].strip()) for at in odd) else None
    return None


def _closes(line: str) -> bool:
    """Whether a line takes leave, in a formula or in some words of one's own: « Sans rancune, »."""
    bare = line.strip()
    is_own = bare.endswith(",") and 1 < len(bare.split()) <= 5 and not is_greeting(bare)
    return is_own or (is_closing(bare) and len(bare) < 260)


def _may_boast(line: str) -> bool:
    is_said = _OWN.search(line) or _NEWS.search(line) or _REFERENCE.search(line) or _POSTSCRIPT.match(line)
    return len(line) <= 110 and not is_said and line[-1] not in "?:;" and line[:1] not in "-*•"


def _top_of_tail(written: list[int], folded: dict[int, str]) -> int:
    """Where the last lines that no sentence needs begin."""
    top = len(written)
    while top > 0 and len(written) - top < _LONGEST_BLOCK:
        line = folded[written[top - 1]].strip()
        if _closes(line) or not _may_sign(line):
            break
        top -= 1
    return top


def _may_sign(line: str) -> bool:
    """Whether a line could be of a signature: short, and no sentence."""
    if len(line) > 110 or _POSTSCRIPT.match(line) or _RULE.match(line):
        return bool(_RULE.match(line) or _MOTTO.match(line))
    if _is_contact(line):
        return not _is_prose(line) and ("?" not in line or "http" in line) and not _NEWS.search(line)
    if _MOTTO.match(line):
        return True
    words = sum(word[0].isalnum() for word in line.split())
    is_short = words <= 7 or (words <= 14 and _describes(line))
    return (
        is_short
        and not _SENTENCE.search(line)
        and not _NEWS.search(line)
        and line[-1] not in "?!:;…"
        and line[:1] not in "-*•"
    )


def _is_contact(line: str) -> bool:
    """Whether a line says how or where somebody is reached."""
    return bool(_PHONE.search(line) or _CONTACT.search(line) or _PLACE.search(line))


def _describes(line: str) -> bool:
    """Whether a line says what somebody is: a trade, a house, its hours, a motto."""
    return bool(_ROLE.search(line) or _MOTTO.match(line) or _HOURS.search(line))


def _rules_at_the_end(own: list[int], folded: dict[int, str], parts: list[Part | None]) -> None:
    """Lines drawn under the last words have nothing left to separate."""
    for at in reversed(own):
        if not folded[at].strip():
            continue
        if not (_RULE.match(folded[at]) or _DELIMITER.match(folded[at])):
            return
        parts[at] = Part.SIGNATURE
