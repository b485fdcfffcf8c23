"""Greetings and closings: what people write around what they have to say. Pure; on folded text."""

import re

_GREETINGS = (
    r"bonjour|bonsoir|bjr|bsr|slt|salut|hello|hi|hey|dear|good (?:morning|afternoon|evening|day)|greetings|"
    r"madame|monsieur|mesdames|messieurs|mme|mr|mlle|cher|chere|chers|cheres|coucou|re|rebonjour|"
    r"a (?:qui de droit|l'attention d\w+)|to whom it may concern|sir|madam|sirs|"
    r"sehr geehrte\w*|guten (?:tag|morgen|abend)|hallo|liebe\w?|moin|servus|"
    r"hola|buen(?:os|as) (?:dias|tardes|noches)|estimad[oa]s?|muy (?:senor|senora)\w*|"
    r"buongiorno|buonasera|salve|ciao|gentil\w*|spett\w*|egregi\w*|"
    r"geachte|beste|goede(?:morgen|middag|navond|ndag)|dag|"
    r"ola|bom dia|boa (?:tarde|noite)|prezad[oa]s?|car[oa]s?|ex\.?m[oa]s?\.?"
)
# What may follow a greeting and still be nothing but courtesy.
_WHOM = (
    r"(?:madame|monsieur|mesdames|messieurs|mme|mr|m|mlle|le|la|les|l'|du|de|des|d'|et|ou|a|au|tous|toutes|toute|"
    r"vous|chers?|cheres?|service|client\w*|clientele|equipe|directeur|directrice|direction|responsable|president\w*|"
    r"maire|reclamations?|team|sir|madam|mrs|ms|miss|or|and|all|there|everyone|customer|support|services?|care|the|"
    r"damen|und|herren|herr|frau|senor\w*|senhor\w*|signor\w*|heer|mevrouw|team|an|alle|zusammen|again)"
)
_GREETING = re.compile(rf"\W{{0,4}}(?:{_GREETINGS})\b(?P<rest>[^.!?\n]{{0,80}})")
_ONLY_WHOM = re.compile(rf"(?:[\s,/()&-]{{0,3}}{_WHOM}\b[\s,/().&-]{{0,3}}){{0,10}}\W{{0,4}}$")
_NAMES = re.compile(r"(?:[\s,]{0,2}[^\W\d_][\w'-]{0,24}\.?){0,4}\s{0,3}[,.!:;]{0,3}\s{0,2}$")

# Nothing follows on the line but a sign: « Sportivement, », not « chaleureusement accueillis ».
_ALONE = r"(?= ?[,.!;]| *$)"
_CLOSINGS = (
    r"(?:tres |bien |tres bien |merci,? )?cordialement|cordi?a?lmt|cdl?t|cdlmt|cordial\w*|bien a (?:vous|toi)|"
    r"(?:tres )?sincerement|(?:mes |sinceres |meilleures |bonnes |distinguees )*salutations(?: distinguees)?|"
    r"(?:bien |tres |tout )?(?:respectueusement|amicalement|affectueusement|fraternellement|chaleureusement|"
    rf"courtoisement|sportivement|confraternellement|solidairement|musicalement){_ALONE}|"
    r"amities|(?:amicales|affectueuses) (?:pensees|salutations)|bises|bisous|biz|bav|slts|"
    r"(?:avec )?(?:mes|toutes mes|tous mes|nos|toute ma|l'expression de mes) (?:\w+ )?(?:amities|hommages|respects?|"
    rf"compliments|civilites|consideration|reconnaissance|gratitude|remerciements)(?: (?:les plus )?\w+e?s)?{_ALONE}|"
    rf"avec mon (?:bon |meilleur )?souvenir|(?:je vous |nous vous )?(?:salue|saluons)(?: bien| cordialement)?{_ALONE}|"
    r"croyez(?:,| bien,?| en| a|,? madame|,? monsieur|,? chere?s?)\b|soyez assure\w* de (?:ma|mes|nos|notre|l')|"
    rf"(?:dans|en) cette attente|a (?:vous|te) lire|au plaisir|votre (?:bien )?(?:devouee?|"
    rf"fidele)(?: \w+){{0,2}}{_ALONE}|"
    r"(?:je vous prie|nous vous prions|veuillez|vous prie|je vous demande|prie) .{0,12}(?:d'agreer|agreer|recevoir|"
    r"d'accepter|accepter|croire|de croire|d'accueillir)|recevez|agreez|"
    r"(?:dans|en) l'attente|en attendant|en vous remerciant|en vous souhaitant|avec mes remerciements|"
    r"(?:je vous |vous |en |vs )?remerci\w+ (?:par avance|d'avance|de votre|pour votre|beaucoup|infiniment)|"
    r"merci (?:d'avance|par avance|beaucoup|encore|a vous|bien|pour tout|infiniment|de votre (?:comprehension|reponse|"
    r"retour|aide|attention|diligence)|pour votre (?:comprehension|reponse|retour|aide|attention|ecoute))|merci|mci|"
    r"mrc|"
    r"(?:bonne|belle|excellente|tres bonne|tres belle) (?:journee|soiree|fin de (?:journee|semaine)|reception|"
    r"continuation|"
    r"semaine|annee|fete|vacances|rentree|lecture)|(?:bon|excellent) (?:week-?end|weekend|we|courage|apres-midi|"
    r"dimanche|"
    r"lundi|appetit|ete|noel)|"
    r"bonnes fetes|a (?:bientot|tres vite|plus|\+)|au revoir|"
    r"(?:with )?(?:best|kind|kindest|warm|warmest|many|yours)? ?regards|best wishes|"
    rf"(?:all the|all|very)? ?best|warmly{_ALONE}|take care(?! of)|with (?:many |my |kind )?thanks|with (?:love|"
    rf"gratitude)|"
    r"yours(?: (?:sincerely|"
    r"faithfully|"
    r"truly|respectfully|etc))?|(?:very )?(?:sincerely|faithfully|respectfully|cordially)(?: yours)?|"
    r"thanks?(?: you)?(?: (?:very|so) much| in advance| again| for your (?:help|time|attention|assistance|"
    r"understanding|consideration))*|"
    r"many thanks|thank u|thx|ta|cheers|(?:i|we) (?:look|am looking|are looking) forward|looking forward|"
    r"have a (?:good|nice|great)|"
    r"mit (?:freundliche[nm]|besten|herzlichen) gru\w+|freundliche gru\w+|viele gru\w+|beste gru\w+|mfg|"
    r"hochachtungsvoll|"
    r"vielen dank|danke|(?:un )?(?:cordial )?saludo\w*|atentamente|muchas gracias|gracias|reciban?|quedo a la espera|"
    r"(?:cordiali|distinti|cari) saluti|saluti|cordialmente|grazie(?: mille)?|in attesa|"
    r"(?:met )?(?:vriendelijke|hartelijke) groet\w*|groet(?:en|jes)?|hoogachtend|alvast bedankt|bedankt|dank u|mvg|"
    r"atenciosamente|(?:com os )?(?:melhores )?cumprimentos|obrigad[oa]|aguardo|abracos?"
)
_CLOSING = re.compile(rf"\W{{0,4}}(?:{_CLOSINGS})\b(?P<rest>.{{0,260}})")
_WISH = re.compile(
    r"\W{0,4}(?:je|nous|j') ?(?:vous )?(?:souhaite|souhaitons|reste|restons|demeure)\b.{0,30}\b(?:bonne|excellente|"
    r"disposition)\b"
    r"|\W{0,4}(?:i|we) (?:hope|trust) (?:this|you|to)\b.{0,20}\b(?:well|hear(?:ing)?)\b|"
    r"\W{0,4}j'espere que vous allez bien"
)
# A thank you or a wait that carries a demand is no closing: "merci de me rembourser", "dans l'attente de mon argent".
_DEMANDS = re.compile(
    r"\b(?:rembours|repar|remplac|envoy|livr|annul|resili|rappel|regl|corrig|explic|avoir|indemni|dedommag|echang|"
    r"verif|"
    r"refund|replace|repair|cancel|deliver|sort|fix|compens|explain|retour d|virement|cheque|argent|solution|mais|but|"
    r"sauf que|pour rien|de rien)\w*"
)
_SHORT_THANKS = re.compile(r"\W{0,4}(?:merci|thanks?|thank you|danke|gracias|grazie|bedankt|obrigad[oa])\b")


_HOPE = (
    r"(?:j'espere|nous esperons|en esperant|esperant) que (?:vous (?:allez|vous portez)|tout va|ce (?:message|mail|"
    r"courrier) vous trouve)\b[^.!?\n]{0,40}|(?:i|we) (?:hope|trust) (?:that )?(?:you|this|all)\b[^.!?\n]{0,40}\bwell|"
    r"hope (?:you|all) (?:are|is) well"
)
_EXCUSE = (
    r"(?:je me permets|nous nous permettons|je prends la liberte|permettez-moi|je viens) (?:de (?:vous )?(?:ecrire|"
    r"contacter|solliciter|deranger|adresser)|de (?:m'adresser|revenir|me tourner) (?:a|vers) vous)(?: (?:ce (?:jour|"
    r"message|mail|courrier)|ces (?:quelques )?(?:lignes|mots)|aujourd'hui|a nouveau|par la presente|ici)){0,2}|"
    r"(?:i am|i'm|we are) (?:writing|contacting|reaching out)(?: to you)?(?: today| again)?|"
    r"(?:excusez|pardonnez)-moi de vous (?:deranger|ecrire)|sorry to (?:bother|trouble) you"
)
_WAIT = (
    r"(?:j'attends|nous attendons|je reste dans l'attente de|nous restons dans l'attente de) (?:votre|vos|une) "
    r"(?:reponses?|retours?|nouvelles)(?: rapides?)?|(?:i|we) (?:await|am awaiting|are awaiting) (?:your|a) (?:reply|"
    r"response|answer)"
)
_FORMULA = re.compile(
    rf"\W{{0,4}}(?:{_HOPE}|{_EXCUSE}|{_WAIT})(?:\W{{1,3}}(?:et |and )?(?:{_HOPE}|{_EXCUSE}|{_WAIT}))?\W{{0,6}}"
)


def is_formula(folded: str) -> bool:
    """Whether a sentence is nothing but manners: « Je me permets de vous écrire », “I hope you are well.”."""
    return len(folded) <= 200 and _FORMULA.fullmatch(folded) is not None


def is_courtesy(folded: str) -> bool:
    """Whether a sentence says nothing of its own: it greets, takes leave, or is nothing but manners."""
    return is_greeting(folded) or is_closing(folded) or is_formula(folded)


def is_greeting(folded: str) -> bool:
    """Whether a line or sentence only greets: « Bonjour Madame », “Dear customer service team,”."""
    found = _GREETING.match(folded)
    if found is None or len(folded) > 120 or folded.rstrip().endswith("?"):
        return False
    rest = found["rest"]
    tail = folded[found.end() :].strip(" .!,:;")
    return not tail and bool(_ONLY_WHOM.match(rest) or (len(rest.split()) <= 4 and _NAMES.match(rest)))


def is_closing(folded: str) -> bool:
    """Whether a line or sentence only takes leave: « Cordialement, Jeanne », “Thanks in advance”."""
    bare = folded.strip()
    if not bare or len(bare) > 320 or bare.endswith("?"):
        return False
    if _WISH.match(bare) and len(bare) <= 140:
        return True
    found = _CLOSING.match(bare)
    if found is None:
        return False
    rest = found["rest"]
    if _SHORT_THANKS.match(bare) and len(rest.split()) > 5:
        return False
    return not _DEMANDS.search(rest)


def opens_with_greeting(folded: str) -> int:
    """How many signs of a sentence are its greeting: « Bonjour, mon colis… » → 8; 0 when there is none."""
    found = re.match(rf"\W{{0,4}}(?:{_GREETINGS})\b(?:[ ,/]{{1,2}}{_WHOM}\b){{0,6}}\s?[,!.:;]\s{{0,3}}", folded)
    return found.end() if found else 0
