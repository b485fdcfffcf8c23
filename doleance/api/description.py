"""The OpenAPI document: what ninja writes from the types, completed by what only we know.

Errors as they are (`application/problem+json`), their headers, examples, and the reader's language.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.utils.translation import gettext, gettext_noop
from ninja import NinjaAPI

from doleance.api.problems import MEDIA_TYPE, SENTENCES, Problem
from doleance.kernel import languages

# What each operation may answer besides its success.
ERRORS: Mapping[int, type[Problem]] = dict.fromkeys((400, 401, 404, 409, 413, 422, 429, 500), Problem)
_SAID = {
    400: gettext_noop("Le corps ne se lit pas."),
    401: gettext_noop("Sans clé en service."),
    404: gettext_noop("Rien n’est là, ou la clé n’y donne pas accès : la même réponse."),
    409: gettext_noop("La règle refuse ; « code » dit laquelle."),
    413: gettext_noop("Trop lourd."),
    422: gettext_noop("Pas compris : « errors » donne les places ; ou l’Idempotency-Key a servi pour autre chose."),
    429: gettext_noop("Trop d’appels : attendez ce que dit Retry-After."),
    500: gettext_noop("Une erreur de notre part."),
}
_DONE = {200: gettext_noop("Voici."), 201: gettext_noop("Fait.")}
# Operations that write refuse by rules and read a body; the others do neither.
_WRITING = frozenset({"400", "409", "413"})
_CODES = {
    "400": "malformed",
    "401": "unauthorized",
    "404": "not_found",
    "413": "too_large",
    "422": "invalid",
    "500": "internal",
}
_REFUSED = {
    "409": (
        "contact_unreadable",
        gettext_noop("« helene@ » ne se lit pas (Courriel). Corrigez, puis enregistrez à nouveau."),
    ),
    "429": ("too_many_calls", gettext_noop("Cette clé a fait trop d’appels. Attendez 12 secondes.")),
}


def document(api: NinjaAPI, *, prefix: str) -> dict[str, Any]:
    """The whole document, in the reader's language; its server is this installation."""
    written: dict[str, Any] = dict(api.get_openapi_schema(path_prefix=prefix))
    written["servers"] = [{"url": settings.DOLEANCE_URL}]
    for operations in written["paths"].values():
        for method, operation in operations.items():
            _complete(operation, is_writing=method == "post")
    translated: dict[str, Any] = _in_language(written)
    return translated


def _complete(operation: dict[str, Any], *, is_writing: bool) -> None:
    """Say the responses of one operation as they are."""
    responses = {str(status): response for status, response in operation["responses"].items()}
    if not is_writing:
        responses = {status: response for status, response in responses.items() if status not in _WRITING}
    for status, response in responses.items():
        response["description"] = _SAID.get(int(status)) or _DONE[int(status)]
        if int(status) >= 400:
            response["content"] = {MEDIA_TYPE: {"schema": _REFERENCE, "example": _example(int(status))}}
    responses["401"]["headers"] = {"WWW-Authenticate": {"schema": {"type": "string"}}}
    seconds = {"type": "integer", "minimum": 1}
    responses["429"]["headers"] = {"Retry-After": {"schema": seconds, "description": gettext_noop("Des secondes.")}}
    for parameter in operation.get("parameters", ()):
        parameter["schema"] = _without_null(parameter["schema"])
    for body in operation.get("requestBody", {}).get("content", {}).values():
        if "properties" in body["schema"]:  # of a form; a body in JSON names a schema that says so
            body["schema"]["additionalProperties"] = False
    if operation["operationId"] == "readAttachment":
        responses["200"]["content"] = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
    operation["responses"] = responses


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """What an address can say: a parameter is there or is not, it is never null."""
    kept = [one for one in schema.get("anyOf", ()) if one != {"type": "null"}]
    bare = {name: value for name, value in schema.items() if name != "anyOf"}
    return bare | kept[0] if len(kept) == 1 else schema


_REFERENCE = {"$ref": "#/components/schemas/Problem"}


def _example(status: int) -> dict[str, Any]:
    code, detail = _REFUSED.get(str(status)) or (_CODES[str(status)], SENTENCES[_CODES[str(status)]])
    place = {"place": "body", "pointer": "/text", "code": "missing", "detail": gettext_noop("Ce champ manque.")}
    return {
        "type": f"{settings.DOLEANCE_URL}/api/v1/#{code}",
        "title": _title(status),
        "status": status,
        "detail": detail,
        "code": code,
        "errors": [place] if status == 422 else [],
    }


def _title(status: int) -> str:
    return HTTPStatus(status).phrase


_WORDS = frozenset({"description", "summary", "detail"})


def _in_language(node: Any) -> Any:
    """The document with our sentences in the reader's language, and without the notes of those who write the code."""
    if isinstance(node, list):
        return [_in_language(one) for one in node]
    if not isinstance(node, dict):
        return node
    is_ours = not ({"enum", "properties"} & set(node))  # the description of a type is its docstring
    kept = {name: value for name, value in node.items() if is_ours or name != "description"}
    return {
        name: said(value) if name in _WORDS and isinstance(value, str) and value else _in_language(value)
        for name, value in kept.items()
    }


def said(sentence: str) -> str:
    """A sentence of ours in the reader's language, typeset."""
    return languages.reader().typeset(gettext(sentence))
