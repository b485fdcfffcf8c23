"""References of orders, invoices, contracts, parcels, files and customers, as people copy them. Pure, linear.

Kept in upper case, without spaces or points: « CMD 2026 - 0045 » is `CMD2026-0045`. Signs that a text recognition took
for others stay as they are written; matching files bears with them.
"""

import re
from collections.abc import Iterator

from doleance.understanding.text.lines import Places, fold

_NOUN = (
    r"commandes?|cmdes?|cdes?|cmds?|cdd?e|orders?|achats?|factures?|fact|fac|facturation|invoices?|bills?|contrats?|"
    r"contracts?|polices?|policy|"
    r"colis|paquets?|suivis?|tracking|parcels?|packages?|shipments?|consignments?|expeditions?|envois?|recommandes?|"
    r"bordereaux?|bordereau|lettre|"
    r"dossiers?|files?|case|tickets?|reclamations?|complaints?|plaintes?|demandes?|incidents?|interventions?|"
    r"signalements?|affaires?|requetes?|"
    r"refs?|referen[cs]es?|reference|neph|locataires?|quittances?|adhesions?|acct?|articles?|art|reserva|prenotazione|"
    r"reservering|buchung\w*|clients?|cliente|customers?|comptes?|accounts?|adherents?|adherente|abonnes?|abonnee|"
    r"abonnements?|subscriptions?|members?(?:hip)?|societaires?|"
    r"reservations?|resa|bookings?|billets?|tickets?|voyages?|sejours?|sinistres?|claims?|devis|quotes?|quotation|"
    r"bons?|bl|bdc|avoirs?|mandats?|"
    r"bail|baux|allocataires?|assures?|usagers?|identifiants?|matricules?|cartes?|lignes?|prets?|loan|credits?|virements?|"
    r"transactions?|operations?|"
    r"paiements?|payments?|rendez-vous|rdv|retours?|returns?|rma|sav|garanties?|warranty|proposition|echeanciers?|"
    r"titres?|avis|courriers?|lots?|"
    r"bestellung|bestellnummer|auftrag|rechnung|rechnungsnummer|kundennummer|kunden|vertrag|sendung|aktenzeichen|"
    r"pedido|factura|contrato|cliente|envio|expediente|"
    r"ordine|fattura|contratto|spedizione|pratica|codice|bestelling|factuur|klantnummer|pakket|fatura|encomenda|"
    r"processo|num commande"
)
_MARK = r"n ?[°ºo]s?\b\.?|n[°º]s?|nos?\b\.?|nro?s?\b\.?|num(?:eros?|bers?|\.)?\b\.?|numer\w{0,3}|nummer|numero|refs?\b\.?|referen[cs]es?|#|№|id\b"  # noqa: E501
_FILLER = (
    r"e|de|du|d'|des|la|le|les|l'|ma|mon|mes|votre|vos|notre|client|cliente|commande|facture|contrat|colis|dossier|"
    r"suivi|internet|web|en|ligne|"
    r"est|sont|etait|c'est|is|was|are|the|my|your|suivant|suivante|suivants|passee|portant|sous|avec|under|with|of|"
    r"order|customer|account|tracking|"
    r"reservation|abonne|adherent|sinistre|police|ref|reference|assurance|habitation|auto|electricite|eau|gaz|mobile|"
    r"energie|mutuelle|"
    r"code|pose|livraison|retour|garantie|achat|intervention|travaux|expedition|transport|adhesion|location|entretien|"
    r"maintenance|fidelite|membre|membership|"
    r"express|standard|chronopost|colissimo|ist|lautet|es|por|il|nr|n"
)
_CUED = re.compile(
    rf"(?<![\w-])(?:(?P<noun>{_NOUN})(?!\w)|"
    rf"(?P<mark>{_MARK}))(?P<fill>(?:[\s:=.,(«\"'/\[*-]{{1,4}}|(?:{_MARK})|(?<!\w)(?:{_FILLER})(?!\w)|"
    rf"(?<=\()\w{{2,4}}:){{0,10}})(?=[\w#])"
)
_HAS_MARK = re.compile(rf"(?<!\w)(?:{_MARK})|:|#|=")
_GROUP = re.compile(r"[A-Za-z0-9]{1,30}")
_JOINT = re.compile(r" ?[-/–_] ?|\.(?=\w)| ")
_UNIT = re.compile(
    r" ?(?:€|£|\$|%|euros?|eur\b|chf\b|fois|jours?|mois|ans?\b|annees?|semaines?|heures?|h\b|min\b|minutes?|articles?|"
    r"produits?|colis|pieces?|kg|km|m\b|m2|cm|personnes?|"
    r"exemplaires?|times|days?|weeks?|months?|years?|items?|pounds?|dollars?|x\b|°c|degres|kwh|go\b|eme|ieme|er\b|e\b|"
    r"nd|rd|th|st\b|lignes?|pages?|enfants?|appels|mails)"
)
_MONTHS = r"janv\w*|fevr\w*|mars|avr\w*|mai|juin|juil\w*|aout|sept\w*|oct\w*|nov\w*|dec\w*|jan\w*|feb\w*|march|apr\w*|may|june?|july?|aug\w*|maerz|marz|mai|juni|juli|okt\w*|dez\w*"  # noqa: E501
_DATE = re.compile(
    rf"(?:0?[1-9]|[12]\d|3[01]) ?(?P<sep>[/.-]) ?(?:0?[1-9]|1[0-2])(?: ?(?P=sep) ?(?:\d{{4}}|\d{{2}}))?(?![\w/-])|"
    rf"\d{{4}}-\d{{2}}-\d{{2}}(?!\w)|\d{{1,2}}(?:er|st|nd|rd|th)? (?:{_MONTHS})\b|(?:{_MONTHS})\.? \d{{1,2}}\b"
)
_PHONE = re.compile(r"(?:\+\d{1,3}|00\d{2}|0)[ .-]?\d(?:[ .-]?\d{2}){4}(?!\d)")
_IBAN = re.compile(r"[A-Za-z]{2}\d{2} ?(?:[A-Za-z0-9]{4} ?){3,8}")
_NOT_AFTER = re.compile(
    r"(?<!\w)(?:compteurs?|pdl|pce|prm|siret|siren|iban|rib|bic|tel|telephone|portable|mobile|fixe|fax|serie|serial|"
    r"carte (?:bancaire|bleue|vitale|cb|d'identite)|imei|"
    r"securite sociale|secu|code postal|modele|model|type|page|rue|avenue|chambre|table|quai|porte|"
    r"(?<!ticket de )caisse|guichet|agence|magasin|voie|batiment|appartement|appt?|"
    r"etage|place|siege|bus|train|tgv|ter|vol|tram|metro|departement|version|windows|ios|android|iphone|galaxy|erreur|"
    r"error|code promo|pin|taille|pointure|lot|"
    r"meter|serial number|phone|bureau|poste|urgences?|immatricul\w+|plaque|tva|vat|rcs|naf|ape|index|releve)"
    r"(?: (?:n ?[°ºo]|n[°º]|no|num\w*|number|numero|de|du|:|est|le|la|indique|affiche|d'|s)){0,3}[ :.'#(°]{0,4}$"
)
# « La facture est de 3 890 » names a sum.
_AMOUNTS_TO = re.compile(r"\b(?:est|sont|etait|is|was) (?:de |d')\s*$")
_TRACKED = re.compile(r"[A-Z]{2}(?: ?\d){8,9} $")  # UPU S10: two letters, nine figures, a country
_SERIAL = re.compile(
    r"\b(?:n\w{0,5} de serie|serial(?: number)?|seriennummer|numero de serie|numero di serie)\b[^.!?\n]{0,30}$"
)
# Without a word before it: figures and capitals tied together, as no other thing is written.
_SHAPED = re.compile(
    r"(?<![\w@./+-])(?:(?=[A-Z0-9/-]{0,30}\d{3})[A-Z]{1,6}\d{0,6}(?:[-/][A-Z0-9]{1,14}){1,5}|[A-Z]{2}\d{9}[A-Z]{2}|"
    r"1Z[A-Z0-9]{16}|[0-9][A-Z]\d{11}|[A-Z]{2,5}\d{5,18}|"
    r"\d{2,6}-\d{3,12}(?:-\d{2,12})?|[A-Z]\d{2}-[0-9A-Z]{4}-[A-Z]|[a-z]{2,6}-\d{4,12}(?:-\d{1,8})?|"
    r"[a-z]{2,5}-\d{2,4}-\d{2,8})(?![\w@-]|\.\w|/\d)"
)
_LONG = re.compile(r"(?<![\w@./+,-])\d{9,22}(?![\w@/]|[.,]\d)")
# Capitals just before the figures are part of them: « commande WEB 88 213 », « CMD 2026 - 0045 », « cmd-2026-118 ».
_PREFIX = re.compile(r"(?<![\w'’])(?P<word>[A-Za-z]{2,6})(?:(?P<tied>[-/])|(?<=[A-Z]) )$")
_NO_PREFIX = frozenset(
    [
        "NEPH",
        "REF",
        "REFS",
        "RÉF",
        "NO",
        "NOS",
        "NUM",
        "NR",
        "ID",
        "DU",
        "DE",
        "LE",
        "LA",
        "LES",
        "UN",
        "EST",
        "ET",
        "EN",
        "AU",
        "MA",
        "MON",
        "IS",
        "MY",
        "THE",
        "FOR",
        "CLIENT",
        "SAV",
        "TEL",
        "COLIS",
        "DEVIS",
        "PDL",
        "PCE",
        "ORDER",
        "BILL",
        "CASE",
        "FILE",
        "N",
    ]
)
_LITTLE = frozenset(
    [
        "DU",
        "LE",
        "LA",
        "DE",
        "ET",
        "UN",
        "EN",
        "AU",
        "JE",
        "IL",
        "NE",
        "PAS",
        "QUI",
        "QUE",
        "EST",
        "SUR",
        "PAR",
        "VIA",
        "OU",
        "ON",
        "MA",
        "MON",
        "THE",
        "FOR",
        "AND",
        "NOT",
        "TTC",
        "HT",
        "EUR",
        "CHF",
        "USD",
        "GBP",
    ]
)
_AND = re.compile(
    r"(?: ?[,;+&] ?| et | ou | puis | ainsi que | and | or | und | y | e | en )(?:(?:la|le|les|the|celle|celui|"
    r"n ?[°ºo]|n[°º]|num\w*|commande|facture) ?){0,3}"
)


def references(text: str) -> list[str]:
    """The references of `text`, sorted, each once, in upper case and without spaces or points."""
    flat = text.replace("\n", " ").replace("\t", " ").replace("\u00a0", " ").replace("\u202f", " ")
    folded = fold(flat)
    found: set[str] = set()
    taken = Places(len(text))
    for start, end in _cued(flat, folded):
        taken.take(start, end)
        found.add(normal(flat[start:end]))
    for match in [*_SHAPED.finditer(flat), *_LONG.finditer(flat)]:
        if not taken.overlaps(*match.span()) and _is_shaped(folded, match):
            found.add(normal(match[0]))
    return sorted(found)


def normal(reference: str) -> str:
    """A reference as it is kept: upper case, no space, no point, plain hyphens."""
    return re.sub(r"[\s.]", "", reference.replace("–", "-")).upper().strip("-/_")


def _is_shaped(folded: str, match: re.Match[str]) -> bool:
    token = match[0]
    before = folded[max(0, match.start() - 48) : match.start()]
    if (
        _NOT_AFTER.search(before)
        or _SERIAL.search(before)
        or _UNIT.match(folded, match.end())
        or _DATE.fullmatch(folded, *match.span())
    ):
        return False
    if re.match(r"[LRD]\.?\d{3,4}-\d", token) and re.search(r"\b(?:art\w*\.?|et|,) $", before):
        return False  # an article of a law
    if token.isdigit():
        return (
            len(token) >= 9
            and not (token.startswith("0") and len(token) == 10)
            and not token.startswith(("0033", "336", "337"))
        )
    if re.fullmatch(r"\d{2,6}-\d{3,12}(?:-\d{2,12})?", token):
        return (
            not re.fullmatch(r"(?:19|20)\d\d-(?:19|20)\d\d|0\d+-\d+", token)
            and sum(sign.isdigit() for sign in token) >= 6
        )
    return sum(sign.isdigit() for sign in token) >= 3


def _cued(flat: str, folded: str) -> Iterator[tuple[int, int]]:
    """The values that stand behind a word such as « commande », and those enumerated after the first."""
    done = 0
    shouted = _is_shouted(flat)
    for cue in _CUED.finditer(folded):
        if cue.start() < done:
            continue
        span = _value(flat, folded, cue, shouted=shouted)
        while span is not None:
            yield span
            done = span[1]
            link = _AND.match(folded, done)
            span = _value_at(flat, folded, link.end(), marked=False, strict=True) if link else None


def _is_shouted(flat: str) -> bool:
    """Whether a text is in capitals, which then tell nothing of what is a code."""
    return sum(sign.isupper() for sign in flat) > sum(sign.islower() for sign in flat)


def _value(flat: str, folded: str, cue: re.Match[str], *, shouted: bool) -> tuple[int, int] | None:
    marked = cue["mark"] is not None or bool(_HAS_MARK.search(cue["fill"]))
    before = folded[max(0, cue.start() - 40) : cue.start()]
    whole = folded[max(0, cue.start() - 40) : cue.end()]
    if cue["noun"] is None and _NOT_AFTER.search(before + " "):
        return None
    if _NOT_AFTER.search(whole) and not re.search(
        r"(?:dossier|commande|client|contrat|facture)\W{0,3}(?:n\S{0,4} ?)?$", whole
    ):
        return None
    if not marked and _AMOUNTS_TO.search(cue["fill"]):
        return None
    start = cue.end()
    if cue["noun"] in {"article", "articles", "art"} and re.match(
        r"[lrd]?\.? ?\d{1,4}(?:-\d{1,3})? (?:du|de la|des|et)\b", folded[start : start + 24]
    ):
        return None  # of a law
    prefix = _PREFIX.search(flat, cue.start(), start)
    if prefix and (prefix["tied"] or not shouted) and prefix["word"].upper() not in _NO_PREFIX:
        start, marked = prefix.start(), marked or bool(prefix["tied"])
    return _value_at(flat, folded, start, marked=marked, strict=False)


def _value_at(flat: str, folded: str, at: int, *, marked: bool, strict: bool) -> tuple[int, int] | None:
    if _DATE.match(folded, at) or _PHONE.match(flat, at) or _IBAN.match(flat, at):
        return None
    end = _grown(flat, folded, at)
    token = flat[at:end]
    return (at, end) if end > at and _is_value(token, folded, end, marked=marked, strict=strict) else None


def _is_value(token: str, folded: str, end: int, *, marked: bool, strict: bool) -> bool:
    bare = re.sub(r"[\s._/–-]", "", token)
    digits = sum(sign.isdigit() for sign in bare)
    if not digits or (bare.isdigit() and _UNIT.match(folded, end)):
        return False
    if re.fullmatch(r"\d{1,3}(?:er|e|eme|ieme|h|h\d\d|€|x|g|kg|go|mn|m2|v|w)|\d{1,2}h\d{0,2}", bare.lower()):
        return False
    if strict:
        return digits >= 3 and len(bare) >= 4
    if marked:
        return len(bare) >= 2 and not (len(bare) == 2 and not bare.isdigit())
    if bare.isdigit():
        is_year = len(bare) == 4 and bare[:2] in {"19", "20"}
        return len(bare) >= 4 and not is_year
    return len(bare) >= 4 and (digits >= 2 or (len(bare) in {6, 7} and bare.isupper() and bare.isalnum()))


def _grown(flat: str, folded: str, at: int) -> int:
    """Where a value that begins at a place ends: its groups of letters and figures, and what ties them."""
    end, spaced, apart = at, False, False
    seen_digit = False
    while True:
        group = _GROUP.match(flat, end)
        if group is None or not _fits(flat, folded, at, group, seen_digit=seen_digit, spaced=spaced):
            break
        has_digit = any(sign.isdigit() for sign in group[0])
        if apart and not has_digit:
            break  # « 26/DDE/3307 - DERNIER MESSAGE »
        seen_digit = seen_digit or has_digit
        end = group.end()
        joint = _JOINT.match(flat, end)
        if joint is None:
            return end
        spaced, apart, end = joint[0] == " ", len(joint[0]) == 3, joint.end()
    while end > at and not flat[end - 1].isalnum():
        end -= 1
    return end


def _fits(flat: str, folded: str, at: int, group: re.Match[str], *, seen_digit: bool, spaced: bool) -> bool:
    """Whether a group of signs may go on with, or begin, a value."""
    word, start = group[0], group.start()
    following = flat[group.end() : group.end() + 1]
    if following and (following.isalpha() or following in "@'’"):
        return False
    has_digit = any(sign.isdigit() for sign in word)
    if start == at:
        if has_digit:
            return True
        ahead = re.match(r" ?[-/–_. ] ?(?:[A-Za-z]{1,3}[-/])?\w{0,4}\d", flat[group.end() : group.end() + 12])
        return (
            ahead is not None
            and (word.isupper() or following in {"-", "/", "_"})
            and len(word) <= 8
            and word not in _NO_PREFIX
        )
    if spaced and len(word) == 2 and word.isupper() and word.isalpha() and _TRACKED.match(flat[at:start]):
        return True
    if spaced:
        if _DATE.match(folded, start) or (word.isdigit() and _counts(folded, group.end())):
            return False
        is_code = has_digit and (word.isdigit() or word.isupper())
        return (is_code and (len(word) >= 2 or seen_digit)) or (not has_digit and _is_letters(flat, group, seen_digit))
    return has_digit or word.isupper() or (len(word) <= 4 and flat[start - 1] in "-/_")


def _counts(folded: str, end: int) -> bool:
    """Whether figures that end at a place count something, or are part of a number: « 49,90 », « 3 fois », « 12/03 "
    "».
    """
    return _UNIT.match(folded, end) is not None or re.match(r"[,/]\d|[%€]", folded[end : end + 2]) is not None


def _is_letters(flat: str, group: re.Match[str], seen_digit: bool) -> bool:
    """Whether two or three capitals of their own go on with a value: « AB 12 CD »."""
    word = group[0]
    if not word.isupper() or len(word) > 3 or word in _LITTLE:
        return False
    return not seen_digit or (len(word) <= 2 and not _is_shouted(flat[max(0, group.start() - 40) : group.end() + 40]))
