"""Who a message is from and how to reach them, and companies by their numbers: for matching files. Pure, linear.

What is found proves nothing: it proposes. Company numbers are believed when their keys are right (SIREN and SIRET:
Luhn's key, decree of 1973; La Poste's establishments: sum of figures; French VAT number: key of article 286 ter CGI).
"""

import re

from doleance.understanding.rules import Facts, Sender
from doleance.understanding.text.clean import Cleaned
from doleance.understanding.text.courtesies import is_closing
from doleance.understanding.text.lines import fold, split
from doleance.understanding.text.replies import Part

_MOST = 50  # of each: a longer list is no person's
_PHONE = re.compile(
    r"(?<![\w+./-])(?:(?:\+|00)\d{1,3}[ .\u00a0-]?(?:\(0\)[ ]?)?\d(?:[ .\u00a0-]?\d){6,11}|"
    r"0[1-9](?:[ .\u00a0/-]?\d{2}){4}|0\d{2,4}[ -]\d{3,4}[ -]\d{3,4})(?![\w-]|[.,]\d)"
)
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,5}[a-zA-Z]{2,24}(?!\w)")
_STREET = re.compile(
    r"(?<!\w)\d{1,4},? ?(?:bis |ter |quater |[a-d] )?(?:rue|avenue|av\.?|bd\.?|boulevard|place|pl\.?|chemin|ch\.?|"
    r"impasse|allees?|route|rte|quai|cours|square|"
    r"passage|lotissement|residence|cite|faubourg|sentier|hameau|villa|esplanade|promenade|mail|street|st\.?|road|"
    r"rd\.?|lane|drive|close|court|way|gardens) [^\n,;:!?]{2,60}"
)
_TOWN = re.compile(r"(?<![\w-])(?:f-)?(?:0[1-9]|[1-8]\d|9[0-8])\d{3} [a-z][^\W\d_][^\n,;:.!?()\d]{1,40}")
_SELF = re.compile(
    r"(?<!\w)(?:je m'appelle|je suis (?:mme|madame|m\.|monsieur|mr)|my name is|mon nom est|ich heisse|mein name ist|"
    r"me llamo|mi chiamo|mijn naam is|chamo-me|signe :?) "
)
_NAME = re.compile(
    r"(?:(?:M|Mr|Mme|Mlle|Mrs|Ms|Monsieur|Madame|Dr)\.? )?(?:[A-ZÀ-ÖØ-Ý][\w’'-]{0,24}\.?(?: (?:de|du|des|la|le|van|"
    r"von|da|el|ben|d')(?= ))?[ ]?){1,4}"
)
_CAPITAL = re.compile(r"[A-ZÀ-ÖØ-Ý]")
_COMPANY = re.compile(
    r"(?<!\w)(?:siret|siren|rcs|tva|vat|"
    r"r\.c\.s\.?)(?!\w)[^\d\n]{0,40}((?:fr ?\d{2} ?)?\d{3}[ .]?\d{3}[ .]?\d{3}(?:[ .]?\d{5})?)(?!\d)"
)
_VAT = re.compile(r"(?<!\w)fr ?(\d{2}) ?(\d{3}) ?(\d{3}) ?(\d{3})(?!\d)")


def people(cleaned: Cleaned, sender: Sender) -> Facts:
    """Telephones, addresses, names and companies of the author: of the words, of the signature, of the header."""
    whole = f"{cleaned.text}\n{cleaned.set_apart(Part.SIGNATURE)}"
    folded = fold(whole)
    author = cleaned.author or Sender()
    return Facts(
        phones=_unique([phone(sender.phone), phone(author.phone), *(phone(one[0]) for one in _PHONE.finditer(whole))]),
        emails=_unique(
            [sender.email.lower(), author.email.lower(), *(one[0].lower() for one in _EMAIL.finditer(whole))]
        ),
        names=_unique([sender.name.strip(), author.name, *_names(whole, folded)]),
        addresses=_unique(_addresses(whole, folded)),
        companies=_unique(companies(whole)),
    )


def _unique(found: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for one in found if one))[:_MOST]


def phone(written: str) -> str:
    """A telephone number with its country where it is known: `+33639981234`. Empty when it has too few figures."""
    digits = "".join(sign for sign in written.replace("(0)", "") if sign.isascii() and sign.isdigit())
    if written.strip().startswith("+"):
        return f"+{digits}" if 8 <= len(digits) <= 15 else ""
    if digits.startswith("00"):
        return f"+{digits[2:]}" if 10 <= len(digits) <= 17 else ""
    if len(digits) == 10 and digits.startswith("0"):
        return f"+33{digits[1:]}"
    return digits if 6 <= len(digits) <= 15 else ""


def _names(whole: str, folded: str) -> list[str]:
    """Names that their bearers write: after « je m'appelle », under the closing."""
    found = [named for match in _SELF.finditer(folded) if (named := _name_at(whole, match.end()))]
    under = False
    for line in split(whole):
        if line.is_blank:
            continue
        if under and (named := _name_at(whole, line.start + len(line.text) - len(line.text.lstrip()))):
            found.append(named)
        said = folded[line.start : line.end].strip()
        under = len(said) < 260 and is_closing(said)
    return found


def _name_at(whole: str, start: int) -> str:
    match = _NAME.match(whole, start)
    if match is None or not _CAPITAL.match(match[0]):
        return ""
    words = match[0].split()
    following = whole[match.end() : match.end() + 1]
    return (
        " ".join(words)
        if 1 <= len(words) <= 5 and (not following or not following.isalnum()) and len(match[0]) > 2
        else ""
    )


def _addresses(whole: str, folded: str) -> list[str]:
    """Streets, with the town that stands on the same line or on the next."""
    towns = {match.start(): match for match in _TOWN.finditer(folded)}
    found: list[str] = []
    for street in _STREET.finditer(folded):
        near = next(
            (towns[at] for at in range(street.start(), min(street.end() + 6, len(folded))) if at in towns), None
        )
        end = near.end() if near else street.end()
        found.append(" ".join(whole[street.start() : end].split()).rstrip(" .-"))
    return found


def companies(text: str) -> list[str]:
    """SIREN, SIRET and French VAT numbers whose keys are right, without spaces."""
    folded = fold(text)
    found: list[str] = []
    for match in _COMPANY.finditer(folded):
        digits = re.sub(r"\D", "", match[1])
        if match[1].startswith("fr"):
            continue
        if (len(digits) == 14 and is_siret(digits)) or (len(digits) == 9 and is_siren(digits)):
            found.append(digits)
    for match in _VAT.finditer(folded):
        siren = match[2] + match[3] + match[4]
        if is_siren(siren) and int(match[1]) == (12 + 3 * (int(siren) % 97)) % 97:
            found.append(f"FR{match[1]}{siren}")
    return found


def is_siren(digits: str) -> bool:
    """Whether nine figures pass Luhn's key."""
    return len(digits) == 9 and digits.isdigit() and _luhn(digits) and int(digits) > 0


def is_siret(digits: str) -> bool:
    """Whether fourteen figures are an establishment's: Luhn's key, or La Poste's sum, a multiple of five."""
    if len(digits) != 14 or not digits.isdigit() or not int(digits):
        return False
    return _luhn(digits) or (digits.startswith("356000000") and sum(int(sign) for sign in digits) % 5 == 0)


def _luhn(digits: str) -> bool:
    total = 0
    for place, sign in enumerate(reversed(digits)):
        figure = int(sign) * (2 if place % 2 else 1)
        total += figure - 9 if figure > 9 else figure
    return total % 10 == 0
