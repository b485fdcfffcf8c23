"""What a message says of those before it: the same again, something else, or what came after. Pure."""

import re

from doleance.kernel.text import fold

# « vous a déjà écrit », « ma troisième relance », « toujours rien », “still no reply”, „noch immer“, …
_AGAIN = re.compile(
    r"(?<!\w)(?:deja|relance\w*|rappell?\w*|je (?:me permets de )?revien[st]\w*|toujours (?:rien|sans)|"
    r"(?:ans?|mois|semaines?|jours?) que j'? ?attend\w*|attends? toujours|"
    r"tjs|tjrs|tjours|encore (?:rien|pas|aucun\w*)|sans (?:reponse|nouvelles?)|pas (?:eu )?de (?:reponse|nouvelles?)|"
    r"restee? sans|plusieurs (?:fois|courriers?|appels?|mails?|messages?)|(?:a|ai|avais|avait|avons|ont) (?:deja )?"
    r"(?:ecrit|appele|signale|envoye|rempli)|suite a (?:mon|ma|mes|notre)|comme (?:dit|indique|ecrit|explique)|"
    r"(?:demande|veut savoir|savoir) ou (?:en )?(?:est|sont)|[2-9] ?e(?:me)? (?:fois|mail|message|courrier|appel)|"
    r"(?:deux|trois|quatr)ieme (?:fois|mail|message|courrier|appel)|mon (?:precedent|dernier|premier) "
    r"(?:mail|message|courrier|courriel|appel)|still|already|again|no (?:reply|answer|response|news)|"
    r"(?:my|our) (?:previous|earlier|last|first) (?:e-?mail|message|letter|call)|as i (?:said|wrote)|chas(?:ing|e)|"
    r"follow(?:ing)?[ -]?up|noch immer|erneut|bereits|keine antwort|sigo sin|todavia|de nuevo|ya (?:les|os) "
    r"(?:escribi|llame)|ancora|di nuovo|gia|nog steeds|opnieuw|ainda|novamente)(?!\w)"
)
# « cette fois », « autre chose », « rien à voir avec », “something else”, …
_OTHER = re.compile(
    r"(?<!\w)(?:cette fois(?:-ci)?(?! encore)|(?:un|une|pour|sur|d') ?autres? "
    r"(?:chose|probleme|question|souci|sujet|affaire|commande|facture|motif|reclamation|dossier)|"
    r"autre (?:chose|sujet|affaire)|"
    r"rien a voir|(?:nouvelle?|petite) (?:question|reclamation|demande|probleme|souci|commande)|sans rapport|"
    r"(?:enfin|bien) (?:ete )?(?:recue?|livree?|arrivee?|remboursee?|reparee?)|finally (?:arrived|came|received)|"
    r"rebelote|(?:par contre|mais) (?:moi|chez moi)|pas (?:pour|concerne par)|je ne me plains pas|"
    r"this time|(?:something|anything) else|another (?:matter|issue|problem|order|question|thing)|unrelated|different "
    r"(?:matter|issue|problem|order)|new (?:issue|problem|question)|diesmal|etwas anderes|esta vez|otra cosa|"
    r"questa volta|altra cosa|deze keer|iets anders|desta vez|outra coisa)(?!\w)"
)


def says_again(text: str) -> bool:
    """Whether it says that it was told before."""
    return _AGAIN.search(fold(text)) is not None


def says_other(text: str) -> bool:
    """Whether it says that it is another matter than the one before."""
    return _OTHER.search(fold(text)) is not None
