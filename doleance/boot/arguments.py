"""The command line in French: argparse's own words are all that a command would say in English.

argparse asks gettext for them, and no system has a catalogue of them: it is given ours.
"""

import argparse

_WORDS = {
    "usage: ": "Usage\u00a0: ",
    "positional arguments": "Arguments\u00a0",
    "options": "Options\u00a0",
    "show this help message and exit": "affiche cette aide",
    "%(prog)s: error: %(message)s\n": "%(prog)s\u00a0: %(message)s\n",
    "argument %(argument_name)s: %(message)s": "%(argument_name)s\u00a0: %(message)s",
    "the following arguments are required: %s": "il manque %s",
    "one of the arguments %s is required": "il faut l’un de %s",
    "expected one argument": "il manque sa valeur",
    "ignored explicit argument %r": "la valeur %r est de trop",
    "not allowed with argument %s": "ne va pas avec %s",
    "invalid %(type)s value: %(value)r": "la valeur %(value)r ne convient pas",
    "invalid choice: %(value)r (choose from %(choices)s)": "%(value)r n’est pas un choix (choix\u00a0: %(choices)s)",
    "ambiguous option: %(option)s could match %(matches)s": "%(option)s peut vouloir dire %(matches)s",
}


def _in_french(words: str) -> str:
    return _WORDS.get(words, words)


def parser(*, prog: str, description: str) -> argparse.ArgumentParser:
    """A parser that speaks French."""
    argparse._ = _in_french  # type: ignore[attr-defined]
    return argparse.ArgumentParser(prog=prog, description=description)
