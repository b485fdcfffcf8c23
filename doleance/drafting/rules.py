"""What a language model may be asked, where, and which of its answers are kept. Pure.

The model is a stranger: what it is told has no name in it (`masks`), and what it answers is read as anything that
comes from outside. The form of requests and answers is that of “chat completions” with a JSON schema, which servers
of several makers speak.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from doleance.drafting import prompts
from doleance.kernel.errors import Refusal
from doleance.kernel.kinds import Kind, gettext_noop

LONGEST_ASKED = 24_000  # signs of a conversation that are sent, the newest kept
LONGEST_ANSWER = 6_000  # signs of a text that is kept
MOST_GRIEVANCES = 20
_LINK = re.compile(r"(?:https?://|www\.)\S|\S@\S+\.\w", re.IGNORECASE)
_LOCAL = frozenset({"localhost"})


class Task(Kind):
    """What is asked of the model."""

    SUMMARY = "summary", "Résumé"
    REPLY = "reply", "Brouillon de réponse"


class SuggestionState(Kind):
    """Where a text that was asked for stands."""

    WANTED = "wanted", "Demandé"
    MADE = "made", "À relire"
    FAILED = "failed", "Pas obtenu"
    TAKEN = "taken", "Repris dans une réponse"
    DROPPED = "dropped", "Écarté"


# Nobody reads it any more: another one may be asked for.
ENDED = frozenset({SuggestionState.TAKEN, SuggestionState.DROPPED, SuggestionState.FAILED})


class Failure(Kind):
    """Why there is no text."""

    UNREACHABLE = "unreachable", "Le modèle de langue ne répond pas."
    SLOW = "slow", "Le modèle de langue a mis trop de temps."
    REFUSED = "refused", "Le modèle de langue a refusé la demande\u00a0: sa clé ou son nom sont à vérifier."
    BUSY = "busy", "Le modèle de langue a trop à faire. Demandez à nouveau dans un moment."
    SERVER = "server", "Le modèle de langue a répondu par une erreur."
    TOO_LARGE = "too_large", "La réponse du modèle de langue est trop longue."
    NOT_JSON = "not_json", "La réponse du modèle de langue n’a pas la forme demandée."
    UNFIT = (
        "unfit",
        "Le texte du modèle de langue donne un nom ou un lien inconnus du dossier.",
    )
    CLOSED = "closed", "Le dossier a changé entre-temps\u00a0: rien n’a été envoyé."
    LOST = "lost", "La demande s’est perdue. Demandez à nouveau."


# What may pass: it is worth another try.
PASSING = frozenset({Failure.UNREACHABLE, Failure.BUSY, Failure.SERVER})


class NoModel(Refusal):
    """The installation names no model, or the entity did not switch it on."""

    code = "no_language_model"
    sentence = "Aucun modèle de langue n’est réglé pour cette société."


class ClosedCircle(Refusal):
    """What a closed circle reads leaves the house by no program."""

    code = "drafting_closed_circle"
    sentence = "Ce dossier est à cercle restreint\u00a0: rien n’en est envoyé à un modèle de langue."


class NothingToSay(Refusal):
    """There are no words to give."""

    code = "drafting_nothing"
    sentence = "Ce dossier ne contient encore aucun message à résumer."


class AlreadyAsked(Refusal):
    """One at a time: the other is on its way, or waits to be read."""

    code = "drafting_already_asked"
    sentence = "Un texte est déjà demandé ou à relire sur ce dossier."


class NoLonger(Refusal):
    """A colleague took it or set it aside."""

    code = "drafting_no_longer"
    sentence = "Ce texte n’est plus à relire\u00a0: il a été repris ou écarté."


class BadAnswer(Exception):
    """What came back is not kept."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.value)
        self.failure = failure


class BadAddress(ValueError):
    """An address that conversations must not be sent to; its words say why, in French."""


@dataclass(frozen=True, slots=True)
class Said:
    """One message of the conversation, masked: by the complainant, else by the house."""

    is_theirs: bool
    text: str


def endpoint(url: str) -> str:
    """Where chat completions are asked for, from the setting. Raises BadAddress.

    Over https; over http only to this machine or to a private network's own address (RFC 1918, RFC 4193), where a
    house runs its model itself.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"https", "http"} or not parts.hostname:
        raise BadAddress(gettext_noop("une adresse qui commence par https:// est attendue."))
    if parts.username or parts.password or parts.query or parts.fragment:
        raise BadAddress(gettext_noop("écrivez le serveur et le chemin seuls\u00a0: la clé a son réglage."))
    if parts.scheme == "http" and not _is_ours(parts.hostname):
        raise BadAddress(gettext_noop("http:// ne va que vers cette machine ou un réseau privé, par son adresse IP."))
    base = url.rstrip("/")
    return base if base.endswith("/chat/completions") else f"{base}/chat/completions"


def _is_ours(host: str) -> bool:
    try:
        found = ip_address(host)
    except ValueError:
        return host in _LOCAL
    return found.is_loopback or (found.is_private and not found.is_link_local and not found.is_unspecified)


_SCHEMA = {
    "type": "object",
    "properties": {"text": {"type": "string", "minLength": 1, "maxLength": LONGEST_ANSWER}},
    "required": ["text"],
    "additionalProperties": False,
}


def request(
    task: Task, *, said: Sequence[Said], grievances: Sequence[str], language: str, model: str
) -> dict[str, Any]:
    """The body of a request: what is wanted, the griefs and the conversation, the newest of it, all masked."""
    told = json.dumps(
        {
            "griefs": list(grievances[:MOST_GRIEVANCES]),
            "messages": [
                {"de": prompts.THEIRS if one.is_theirs else prompts.OURS, "texte": one.text} for one in _newest(said)
            ],
        },
        ensure_ascii=False,
    )
    return {
        "model": model,
        "temperature": 0,
        "messages": [
            {"role": "system", "content": f"{prompts.RULES.format(language=language)}\n\n{prompts.TASKS[task.value]}"},
            {"role": "user", "content": told},
        ],
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "texte", "strict": True, "schema": _SCHEMA},
        },
    }


def _newest(said: Sequence[Said]) -> list[Said]:
    """The last messages that fit, in their order; of the oldest of them, its beginning."""
    kept: list[Said] = []
    left = LONGEST_ASKED
    for one in reversed(said):
        if left <= 0:
            break
        kept.append(Said(one.is_theirs, one.text[:left]))
        left -= len(one.text)
    return kept[::-1]


def answer(content: bytes) -> str:
    """The text of an answer, masks still in it. Raises BadAnswer.

    Exactly one object with the one key that was asked for, itself inside the first choice; no link and no address.
    """
    told = _text(_parsed(_content(_parsed(content))))
    text = "".join(sign for sign in told if sign.isprintable() or sign == "\n").strip()
    if not text:
        raise BadAnswer(Failure.NOT_JSON)
    if len(text) > LONGEST_ANSWER:
        raise BadAnswer(Failure.TOO_LARGE)
    if _LINK.search(text):
        raise BadAnswer(Failure.UNFIT)
    return text


def _parsed(content: bytes | str) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise BadAnswer(Failure.NOT_JSON) from error


def _content(whole: Any) -> str:
    try:
        found = whole["choices"][0]["message"]["content"]
    except (KeyError, IndexError, TypeError) as error:
        raise BadAnswer(Failure.NOT_JSON) from error
    if not isinstance(found, str):
        raise BadAnswer(Failure.NOT_JSON)
    return found


def _text(told: Any) -> str:
    if not isinstance(told, dict) or set(told) != {"text"} or not isinstance(told["text"], str):
        raise BadAnswer(Failure.NOT_JSON)
    return told["text"]
