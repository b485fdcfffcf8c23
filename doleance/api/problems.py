"""How the API says no: `application/problem+json` (RFC 9457), with a code for programs and a sentence for people.

A refusal of the business is a 409 with its own code; what is not understood is a 422 with the places. What is not
there and what the key may not have are one 404, to the byte.
"""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.urls import reverse
from django.utils.translation import gettext, gettext_noop
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from pydantic import BaseModel, Field

from doleance.kernel import languages
from doleance.kernel.errors import NotAllowed, Refusal
from doleance.kernel.kinds import Kind
from doleance.keys.rules import OtherBody, TooManyCalls

MEDIA_TYPE = "application/problem+json"


class Place(BaseModel):
    """One thing that was not understood."""

    place: str = Field(description=gettext_noop("Où : body, query, path ou header."), examples=["body"])
    pointer: str = Field(description=gettext_noop("Le champ, en pointeur JSON (RFC 6901)."), examples=["/text"])
    code: str = Field(description=gettext_noop("Ce qui ne va pas, pour un programme."), examples=["missing"])
    detail: str = Field(description=gettext_noop("La même chose, pour des gens."), examples=["Ce champ manque."])


class Problem(BaseModel):
    """An error, as RFC 9457 writes it; `code` and `errors` are ours."""

    type: str = Field(description=gettext_noop("L’adresse qui décrit cette sorte d’erreur."))
    title: str = Field(description=gettext_noop("Le statut HTTP, en mots."), examples=["Unprocessable Entity"])
    status: int = Field(description=gettext_noop("Le statut HTTP."), examples=[422])
    detail: str = Field(description=gettext_noop("Ce qui s’est passé et quoi faire, en français ou en anglais."))
    code: str = Field(description=gettext_noop("Ce qui s’est passé, pour un programme."), examples=["invalid"])
    errors: list[Place] = Field(default=[], description=gettext_noop("Chaque chose à corriger."))


# What is said of each code of ours; those of refusals come with their own sentence.
SENTENCES = {
    "malformed": gettext_noop("Le corps de cet appel ne se lit pas. Envoyez du JSON valide, en UTF-8."),
    "unauthorized": gettext_noop("Donnez une clé en service dans l’en-tête Authorization, après « Bearer »."),
    "not_found": gettext_noop("Rien n’est là, ou votre clé n’y donne pas accès."),
    "method_not_allowed": gettext_noop("Cette adresse ne connaît pas cette méthode. L’en-tête Allow dit lesquelles."),
    "too_large": gettext_noop("Cet envoi est trop lourd. Rien n’a été enregistré."),
    "invalid": gettext_noop(
        "Cet appel n’est pas compris. Corrigez ce que « errors » désigne. Rien n’a été enregistré."
    ),
    "internal": gettext_noop("Une erreur de notre part. Recommencez avec le même Idempotency-Key."),
}
# What pydantic calls what it refuses, and what we say of it; `{…}` are its own facts.
_PLACES = {
    "missing": gettext_noop("Ce champ manque."),
    "extra_forbidden": gettext_noop("Ce champ n’existe pas, ou ne s’écrit pas."),
    "unknown_question": gettext_noop("Cette catégorie ne pose pas cette question."),
    "bad_cursor": gettext_noop("Ce curseur n’est pas de ceux que la page d’avant donne dans « next »."),
    "string_too_long": gettext_noop("Trop long : {max_length} signes au plus."),
    "string_too_short": gettext_noop("Trop court : {min_length} signe au moins."),
    "too_long": gettext_noop("Trop d’éléments : {max_length} au plus."),
    "greater_than_equal": gettext_noop("Trop petit : au moins {ge}."),
    "less_than_equal": gettext_noop("Trop grand : au plus {le}."),
    "enum": gettext_noop("Ce n’est pas une des valeurs possibles : {expected}."),
    "literal_error": gettext_noop("Ce n’est pas une des valeurs possibles : {expected}."),
    "timezone_aware": gettext_noop("Ce moment n’a pas de fuseau horaire. Ajoutez Z, ou un décalage comme +01:00."),
}
_OTHERWISE = gettext_noop("Cette valeur n’est pas de la forme attendue.")


def answer(
    status: int,
    code: str,
    detail: str = "",
    *,
    errors: Sequence[Mapping[str, str]] = (),
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """One problem. `detail` is a sentence in the reader's language; by default that of `code`."""
    said = {
        "type": f"{settings.DOLEANCE_URL}{reverse('api_page')}#{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": languages.reader().typeset(detail or gettext(SENTENCES[code])),
        "code": code,
        "errors": list(errors),
    }
    data = json.dumps(said, ensure_ascii=False).encode()
    return HttpResponse(data, status=status, content_type=MEDIA_TYPE, headers=dict(headers or {}))


def absent(*_: Any) -> HttpResponse:
    """What is not there, and what is not for this key: one answer, so that nothing is learned."""
    return answer(404, "not_found")


def unauthorized(*_: Any) -> HttpResponse:
    """No key, or one that opens nothing: which of the two is not told."""
    return answer(401, "unauthorized", headers={"WWW-Authenticate": 'Bearer realm="doleance"'})


def refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:  # noqa: ARG001
    """The business says no: 409 and its code. A key that spent its share is told how long to wait (429)."""
    if isinstance(refusal, NotAllowed):
        return absent()
    facts = {name: gettext(fact.label) if isinstance(fact, Kind) else fact for name, fact in refusal.facts.items()}
    detail = gettext(refusal.sentence).format(**facts)
    if isinstance(refusal, TooManyCalls):
        return answer(429, refusal.code, detail, headers={"Retry-After": str(refusal.facts["wait"])})
    return answer(422 if isinstance(refusal, OtherBody) else 409, refusal.code, detail)


def invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:  # noqa: ARG001
    """What was not understood, place by place."""
    return answer(422, "invalid", errors=[_place(one) for one in error.errors])


def _place(error: Mapping[str, Any]) -> dict[str, str]:
    """One of pydantic's errors. Nothing of what was sent is repeated: it may be anybody's words."""
    source, *path = [str(part) for part in error["loc"]]
    named = path[1:] if source == "body" and len(path) > 1 and path[0] == "told" else path
    where = "body" if source in {"form", "file"} else source
    pointer = "".join(f"/{part.replace('~', '~0').replace('/', '~1')}" for part in named)
    sentence = gettext(_PLACES.get(error["type"], _OTHERWISE))
    facts = {name: str(fact) for name, fact in (error.get("ctx") or {}).items()}
    try:
        said = sentence.format(**facts)
    except KeyError:
        said = gettext(_OTHERWISE)
    detail = languages.reader().typeset(said)
    return {"place": where, "pointer": "" if named == ["told"] else pointer, "code": error["type"], "detail": detail}


def _said_by_ninja(request: HttpRequest, error: HttpError) -> HttpResponse:  # noqa: ARG001
    return answer(error.status_code, "malformed") if error.status_code == 400 else absent()


def _too_large(*_: Any) -> HttpResponse:
    return answer(413, "too_large")


def _malformed(*_: Any) -> HttpResponse:
    return answer(400, "malformed")


def register(api: NinjaAPI) -> None:
    """Have the API say no this way. The most specific class of an error decides."""
    handlers: dict[type[Exception], Any] = {
        AuthenticationError: unauthorized,
        HttpError: _said_by_ninja,
        Http404: absent,
        Refusal: refused,
        ValidationError: invalid,
        RequestDataTooBig: _too_large,
        SuspiciousOperation: _malformed,
        BadRequest: _malformed,
        MultiPartParserError: _malformed,
    }
    for kind, handler in handlers.items():
        api.add_exception_handler(kind, handler)
