"""The words of dates in seven languages, folded: months, weekdays, « il y a », “ago”. Pure data and its patterns."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from doleance.understanding.text.facts import numbers

_DAY = r"\d{1,2}"
Spans = Sequence[tuple[re.Pattern[str], int]]


@dataclass(frozen=True)
class Tongue:
    """How one language names days. `fixed` are words and how many days they lie away; `spans` count units away.

    `short` letters tell weekdays apart. Patterns have the groups d1, d2, d3, month, year; n, unit; day, number, last,
    next.
    """

    code: str
    months: Mapping[str, int]
    weekdays: Mapping[str, int]
    short: int
    day_month: re.Pattern[str]
    month_day: re.Pattern[str] | None
    weekday: re.Pattern[str]
    fixed: Spans
    spans: Spans
    units: Mapping[str, str]
    words: Mapping[str, int]
    bare_day: re.Pattern[str]
    feasts: Sequence[tuple[re.Pattern[str], tuple[int, int]]] = ()

    def month(self, said: str) -> int:
        """The number of a month by its first letters."""
        return next(number for name, number in self.months.items() if said.startswith(name))

    def day(self, said: str) -> int:
        """The number of a day: « 3 », « 1er », « premier », « vingt-deux »."""
        figures = re.match(r"\d{1,2}", said)
        if figures:
            return int(figures[0])
        return self.words.get(said) or numbers.value(re.findall(r"[a-z]+", said)) or 0

    def number(self, said: str) -> int | None:
        """How many: in figures or in words; None when no number is said."""
        if said.isdigit():
            return int(said)
        return self.words.get(said) or numbers.value(re.findall(r"[a-z]+", said))

    def unit(self, said: str) -> str:
        """`day`, `week`, `month` or `year`."""
        return next(unit for name, unit in self.units.items() if said.startswith(name))


def tongues(language: str) -> tuple[Tongue, ...]:
    """The words to try: those of the language, and English beside every other; French and English when in doubt."""
    if language == "fr" or language not in TONGUES:
        return (TONGUES["fr"], TONGUES["en"])
    return (TONGUES[language],) if language == "en" else (TONGUES[language], TONGUES["en"])


def _month_words(names: str) -> tuple[dict[str, int], str]:
    """Months by their beginnings, and the pattern of their whole or shortened forms."""
    numbered: dict[str, int] = {}
    forms: list[str] = []
    for number, options in enumerate(names.split(), 1):
        for option in options.split("|"):
            stem, _, rest = option.partition("+")
            numbered[stem] = number
            forms.append(f"{stem}(?:{rest})?" if rest else stem)
    return numbered, "(?:" + "|".join(sorted(forms, key=len, reverse=True)) + r")\b\.?"


_FR_WORDS = {"premier": 1, "une": 1, "un": 1, "quinze": 15, "quelques": 0}
_FR_MONTHS, _FR_MONTH = _month_words(
    "janv+ier|jan fev+rier|fevr+ier|feb mars|mar avr+il mai juin|jun juil+let|jul aout|aou sept+embre|sep oct+obre "
    "nov+embre dec+embre"
)
_FR_NUMBER = r"(?:\d{1,3}|(?:un|une|deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze|treize|quatorze|quinze|seize|vingt|trente|quarante|soixante)(?:[ -](?:et[ -])?(?:un|une|deux|trois|quatre|cinq|six|sept|huit|neuf|dix))?)"  # noqa: E501
_FR_DAY = rf"(?:{_DAY}(?: ?er|ier|ere)?|premier|(?:deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze|treize|quatorze|quinze|seize|dix-sept|dix-huit|dix-neuf|vingt(?:[ -](?:et[ -])?(?:un|deux|trois|quatre|cinq|six|sept|huit|neuf))?|trente(?:[ -]et[ -]un)?))"  # noqa: E501
_FR_DAYS = "lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|lun\\.|mer\\.|jeu\\.|ven\\.|sam\\.|dim\\."
FRENCH = Tongue(
    "fr",
    _FR_MONTHS,
    {"lun": 0, "mar": 1, "mer": 2, "jeu": 3, "ven": 4, "sam": 5, "dim": 6},
    3,
    re.compile(
        rf"(?<![\w/.,-])(?:(?:{_FR_DAYS}),? )?(?P<d1>{_FR_DAY})(?: ?(?:,|et|au|puis|ou|-|/|jusqu'au|et (?:le|du|"
        rf"au)) ?(?:le |du |au )?(?P<d2>{_FR_DAY}))?(?: ?(?:et|au|puis) ?(?:le )?(?P<d3>{_FR_DAY}))? ?"
        rf"(?P<month>{_FR_MONTH})(?: (?:de l'annee )?(?P<year>(?:19|20)\d\d)\b)?(?!\w)"
    ),
    None,
    re.compile(
        rf"(?<!\w)(?P<habit>(?:chaque|tous les|tout les|les|le|entre|"
        rf"du) )?(?P<day>(?:{_FR_DAYS}))(?:s\b)?(?P<number> \d{{1,2}}(?! ?(?:h\b|h\d|heures?|:|fois|€|euros?|colis|%|"
        rf"/|articles?|mails|appels|[a-z]{{3,9}}\b)))?"
        r"(?P<last> (?:dernier|passe|d'avant))?(?P<next> (?:prochain|qui vient|a venir|"
        r"suivant))?(?P<eight> en (?:huit|8))?(?!\w)"
    ),
    (
        (re.compile(r"\b(?:avant[ -]?hier)\b"), -2),
        (re.compile(r"(?<!avant-)(?<!avant )\bhier\b"), -1),
        (
            re.compile(
                r"\b(?:aujourd'? ?hui|auj|ajd|ce (?:matin|midi|soir)|cet(?:te)? (?:apres-midi|aprem|apres midi|"
                r"nuit))\b"
            ),
            0,
        ),
        (re.compile(r"\b(?:apres[ -]?demain)\b"), 2),
        (re.compile(r"(?<!apres-)(?<!apres )\bdemain\b"), 1),
    ),
    (
        (
            re.compile(
                rf"\b(?:il y a|ya|y a|il ya)(?: (?:deja|environ|maintenant|exactement|a peine|pile|"
                rf"presque))? (?P<n>{_FR_NUMBER}) (?P<unit>jours?|semaines?|mois|ans?\b|annees?|j\b|sem\b)(?! que)"
            ),
            -1,
        ),
        (
            re.compile(
                rf"\bdans (?P<n>{_FR_NUMBER}) (?P<unit>jours?|semaines?|mois|j\b|sem\b)(?! (?:ouvr|suivant|qui))"
            ),
            1,
        ),
    ),
    {"jour": "day", "j": "day", "sem": "week", "mois": "month", "an": "year"},
    _FR_WORDS,
    re.compile(
        rf"\b(?:le|du|ce) (?P<d1>{_DAY})(?: ?er)?(?: (?:dernier|courant|au (?:matin|soir)|"
        rf"a \d{{1,2}} ?h\w{{0,2}}))?(?=$|[.;!?)]|,(?!\d)| (?:a|ai|as|ont|on|je|j'\w*|il|elle|nous|vous|mais|et|alors|"
        rf"que|qui|ou|par|pour|dans|sans|avec|car|puis|pas|vers|apres|avant|sur|est|etait|ne|n'\w*|votre|vos|un|une|"
        rf"le|la|les|rien|personne|toujours|donc|or|c'\w+|ca)\b)"
    ),
    (
        (re.compile(r"\b(?:veille de noel|reveillon de noel|24 au soir)\b"), (12, 24)),
        (re.compile(r"\b(?:soir de|jour de|matin de|nuit de|a|pour|avant|le) noel\b"), (12, 25)),
        (re.compile(r"\b(?:jour de l'an|(?:au|le|du) nouvel an)\b"), (1, 1)),
        (re.compile(r"\b(?:(?:la|a la|pour la) )?saint[ -]valentin\b"), (2, 14)),
        (re.compile(r"\b(?:a la|la|pour la) toussaint\b"), (11, 1)),
    ),
)

_EN_MONTHS, _EN_MONTH = _month_words(
    "jan+uary feb+ruary mar+ch apr+il may jun+e jul+y aug+ust sept+ember|sep oct+ober nov+ember dec+ember"
)
_EN_NUMBER = r"(?:\d{1,3}|a couple of|a|an|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty)"  # noqa: E501
_EN_DAYS = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"
ENGLISH = Tongue(
    "en",
    _EN_MONTHS,
    {"mon": 0, "tue": 1, "wed": 2, "thu": 3, "fri": 4, "sat": 5, "sun": 6},
    3,
    re.compile(
        rf"(?<![\w/.,-])(?:(?:{_EN_DAYS}),? (?:the )?)?(?P<d1>{_DAY}(?:st|nd|rd|th)?)(?: ?(?:,|and|to|or|"
        rf"-) ?(?:the )?(?P<d2>{_DAY}(?:st|nd|rd|th)?))?(?P<d3>(?!))? ?(?:of )?"
        rf"(?P<month>{_EN_MONTH})(?:,? (?P<year>(?:19|20)\d\d)\b)?(?!\w)"
    ),
    re.compile(
        rf"(?<!\w)(?:(?:{_EN_DAYS}),? )?(?P<month>{_EN_MONTH}) (?:the )?(?P<d1>{_DAY}(?:st|nd|rd|th)?)(?![\d/:%]|"
        rf"[.,]\d| ?(?:pm|am|euros?|pounds?|times|days|weeks|months|hours)\b)(?:,? (?P<year>(?:19|20)\d\d)\b)?(?!\w)"
    ),
    re.compile(
        rf"(?<!\w)(?P<habit>(?:every|each|on [a-z]+s|any) )?(?P<last_before>last )?(?P<next_before>(?:next|"
        rf"this coming|coming) )?(?P<day>{_EN_DAYS})(?P<number>(?!))?(?P<last>(?!))?"
        r"(?P<next> (?:next|coming))?(?P<eight> week)?(?!s?\w)"
    ),
    (
        (re.compile(r"\b(?:the )?day before yesterday\b"), -2),
        (re.compile(r"(?<!before )\byesterday\b|\blast night\b"), -1),
        (re.compile(r"\b(?:today|this (?:morning|afternoon|evening)|tonight)\b"), 0),
        (re.compile(r"\b(?:the )?day after tomorrow\b"), 2),
        (re.compile(r"(?<!after )\b(?:tomorrow|tmrw|tomorow)\b"), 1),
    ),
    (
        (re.compile(rf"\b(?P<n>{_EN_NUMBER}) (?P<unit>days?|weeks?|months?|years?|fortnights?) ago\b"), -1),
        (re.compile(rf"\bin (?P<n>{_EN_NUMBER}) (?P<unit>days?|weeks?|months?)(?! time)(?!')\b"), 1),
        (re.compile(rf"\b(?P<n>{_EN_NUMBER}) (?P<unit>days?|weeks?|months?) from (?:now|today)\b"), 1),
    ),
    {"day": "day", "week": "week", "month": "month", "year": "year", "fortnight": "week"},
    {"a couple of": 2, "a": 1, "an": 1},
    re.compile(
        rf"\b(?:on|since|by|until) the (?P<d1>{_DAY})(?:st|nd|rd|th)(?! (?:floor|time|day|hour|page|row|attempt|call|"
        rf"email))\b"
    ),
    (
        (re.compile(r"\bchristmas eve\b"), (12, 24)),
        (
            re.compile(
                r"\bchristmas day\b|\b(?:before|by|until|for|at|on) christmas(?! (?:eve|dinner|tree|party|gift|"
                r"present|market|shopping|period|holiday))\b"
            ),
            (12, 25),
        ),
        (re.compile(r"\bboxing day\b"), (12, 26)),
        (re.compile(r"\bnew year'?s eve\b"), (12, 31)),
        (re.compile(r"\bnew year'?s day\b"), (1, 1)),
        (re.compile(r"\bvalentine'?s day\b"), (2, 14)),
    ),
)


def _named_day(link: str, month: str) -> re.Pattern[str]:
    """« 3. März 2026 », « 3 y 4 de marzo »."""
    return re.compile(
        rf"(?<![\w/.,-])(?P<d1>{_DAY})(?:\.|º|°|er)?(?: (?:y|e|und|en|bis|a|"
        rf"al) (?P<d2>{_DAY})\.?)?(?P<d3>(?!))? ?(?:{link})(?P<month>{month})(?: ?(?:{link})(?P<year>(?:19|"
        rf"20)\d\d)\b)?(?!\w)"
    )


def _weekday(days: Sequence[str], last: str, coming: str) -> re.Pattern[str]:
    """A day of the week, and whether it is the last or the next one."""
    return re.compile(
        rf"(?<!\w)(?P<habit>(?!))?(?P<last_before>(?:{last}) )?(?P<next_before>(?:{coming}) )?"
        rf"(?P<day>{'|'.join(days)})(?P<number>(?!))?(?P<last> (?:{last}))?(?P<next> (?:{coming}))?"
        rf"(?P<eight>(?!))?(?!\w)"
    )


def _how_far(ago: str, within: str, number: str, unit: str) -> tuple[tuple[re.Pattern[str], int], ...]:
    """« vor drei Tagen », « in drei Tagen »: with the direction of each."""
    return (
        (re.compile(rf"(?<!\w){ago.format(n=number, unit=unit)}(?!\w)"), -1),
        (re.compile(rf"(?<!\w)(?:{within}) {number} {unit}(?!\w)"), 1),
    )


def _basic(
    code: str,
    months: str,
    days: Sequence[str],
    *,
    link: str,
    words: Sequence[str],
    ago: str,
    within: str,
    units: Mapping[str, str],
    count: str,
    last: str,
    coming: str,
    before_day: str,
    after_day: str,
) -> Tongue:
    """A language with its months, weekdays, five words (two days back to two ahead) and « ago »."""
    numbered, month = _month_words(months)
    short = 3 if len({day[:3] for day in days}) == 7 else 2
    unit = "|".join(rf"{name}\w{{0,4}}" for name in units)
    values = {word: place for place, word in enumerate(count.split(), 1)}
    return Tongue(
        code,
        numbered,
        {day[:short]: place for place, day in enumerate(days)},
        short,
        _named_day(link, month),
        None,
        _weekday(days, last, coming),
        tuple(
            (re.compile(rf"(?<!\w)(?:{word})(?!\w)"), days_away)
            for word, days_away in zip(words, (-2, -1, 0, 2, 1), strict=True)
        ),
        _how_far(ago, within, rf"(?P<n>\d{{1,3}}|{'|'.join(count.split())})", rf"(?P<unit>{unit})"),
        units,
        values,
        re.compile(rf"(?<!\w)(?:{before_day}) (?P<d1>{_DAY})\.?(?=$|[.;!?)]|,(?!\d)| (?:{after_day})(?!\w))"),
    )


TONGUES: Mapping[str, Tongue] = {
    "fr": FRENCH,
    "en": ENGLISH,
    "de": _basic(
        "de", "jan+uar|jaen+ner feb+ruar mar+z|maerz apr+il mai jun+i jul+i aug+ust sept+ember|sep okt+ober nov+ember "
        "dez+ember",
        ("montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag", "sonntag"),
        link="", words=("vorgestern", "gestern", "heute", "ubermorgen", "morgen"), ago="vor {n} {unit}", within="in",
        units={"tag": "day", "woche": "week", "monat": "month", "jahr": "year"},
        count="einem zwei drei vier funf "
            "sechs sieben acht neun zehn", last=r"letzte\w{0,2}|"
                r"vergangene\w{0,2}", coming=r"nachste\w{0,2}|kommende\w{0,2}",
        before_day=r"am|vom|zum", after_day="war|ist|habe|hat|haben|und|kam|wurde|aber|noch|nicht|um",
    ),
    "es": _basic(
        "es", "ene+ro feb+rero mar+zo abr+il may+o jun+io jul+io ago+sto sept+iembre|sep oct+ubre nov+iembre "
        "dic+iembre",
        ("lunes", "martes", "miercoles", "jueves", "viernes", "sabado", "domingo"),
        link="(?:de|del) |", words=("anteayer|antes de ayer", "ayer", "hoy", r"pasado manana", r"(?<!la )(?<!pasado )manana"), ago="hace {n} {unit}", within="en|dentro de",  # noqa: E501
        units={"dia": "day", "semana": "week", "mes": "month", "ano": "year"},
        count="un dos tres cuatro cinco seis siete ocho nueve diez", last="pasado|ultimo", coming="proximo|que viene",
        before_day=r"(?:el|del) dia|dia", after_day="y|que|pero|a|no|por|en|he|ha|me|se|le|lo",
    ),
    "it": _basic(
        "it", "gen+naio feb+braio mar+zo apr+ile mag+gio giu+gno lug+lio ago+sto sett+embre|set ott+obre nov+embre "
        "dic+embre",
        ("lunedi", "martedi", "mercoledi", "giovedi", "venerdi", "sabato", "domenica"),
        link="", words=("l'altro ieri|altroieri|ieri l'altro", "(?<!altro )ieri", "oggi", "dopodomani", "domani"), ago="{n} {unit} fa", within="tra|fra",  # noqa: E501
        units={"giorn": "day", "settiman": "week", "mes": "month", "ann": "year"},
        count="un due tre quattro cinque sei sette otto nove dieci", last="scors[oa]|passat[oa]", coming="prossim[oa]",
        before_day=r"il|dal|al", after_day="e|ma|ho|ha|non|mi|poi|alle|che|di",
    ),
    "nl": _basic(
        "nl", "jan+uari feb+ruari maart|mrt apr+il mei jun+i jul+i aug+ustus sept+ember|sep okt+ober nov+ember "
        "dec+ember",
        ("maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag"),
        link="", words=("eergisteren", "gisteren", "vandaag|vanmorgen|vanochtend", "overmorgen", "morgen"), ago="{n} {unit} geleden", within="over",  # noqa: E501
        units={"dag": "day", "week": "week", "weken": "week", "maand": "month", "jaar": "year"},
        count="een twee drie vier vijf "
            "zes zeven acht negen tien", last="afgelopen|vorige|laatste", coming="volgende|komende|aanstaande",
        before_day=r"op de|de", after_day="en|maar|was|is|heb|heeft|niet|om|werd",
    ),
    "pt": _basic(
        "pt", "jan+eiro fev+ereiro mar+co abr+il mai+o jun+ho jul+ho ago+sto set+embro out+ubro nov+embro dez+embro",
        ("segunda(?:-feira)?", "terca(?:-feira)?", "quarta(?:-feira)?", "quinta(?:-feira)?", "sexta(?:-feira)?", "sabado", "domingo"),  # noqa: E501
        link="(?:de|do) |", words=("anteontem", "ontem", "hoje", "depois de amanha", "(?<!de )amanha"), ago="ha {n} {unit}", within="em|daqui a",  # noqa: E501
        units={"dia": "day", "semana": "week", "mes": "month", "ano": "year"},
        count="um dois tres quatro "
            "cinco seis sete oito nove dez", last="passad[oa]|ultim[oa]", coming="proxim[oa]|que vem",
        before_day=r"(?:o|no|do) dia|dia", after_day="e|mas|nao|que|as|foi|me|se|por",
    ),
}  # fmt: skip
