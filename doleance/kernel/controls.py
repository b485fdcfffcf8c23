"""A form field as screens draw it: which shape, which attributes, what describes it."""

from dataclasses import dataclass
from typing import Any

from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, NumberInput, RadioSelect
from django.utils.safestring import SafeString


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a field's template needs and a form does not say.

    `shape`: input, check, switch, or a group: checks, segmented, options. `described` lists the ids that describe the
    control; `control` is its HTML (none for a group, whose choices are drawn one by one).
    """

    shape: str
    control: SafeString | None
    hint: str
    hint_id: str
    error_id: str
    described: str
    is_optional: bool


def drawn(bound: BoundField, *, look: str, hint: str, more: dict[str, Any], optional: bool = True) -> Drawn:
    """How `bound` is drawn with the given look, hint and further attributes (`hx_get` becomes `hx-get`)."""
    hint_id, error_id = f"{bound.auto_id}-hint", f"{bound.auto_id}-error"
    described = " ".join(name for name, there in ((hint_id, hint), (error_id, bound.errors)) if there)
    shape = _shape(bound, look)
    return Drawn(
        shape=shape,
        control=_control(bound, shape, described, more) if shape in {"input", "check", "switch"} else None,
        hint=hint,
        hint_id=hint_id,
        error_id=error_id,
        described=described,
        is_optional=optional and not bound.field.required and not isinstance(bound.field.widget, CheckboxInput),
    )


def _shape(bound: BoundField, look: str) -> str:
    widget = bound.field.widget
    if isinstance(widget, RadioSelect | CheckboxSelectMultiple):
        return look or "checks"
    if isinstance(widget, CheckboxInput):
        return look or "check"
    return "input"


def _control(bound: BoundField, shape: str, described: str, more: dict[str, Any]) -> SafeString:
    given = {name.rstrip("_").replace("_", "-"): value for name, value in more.items()}
    if shape == "input":
        number = " number" if isinstance(bound.field.widget, NumberInput) else ""
        given["class"] = f"input{number} {given.get('class', '')}".strip()
    if described:
        given["aria-describedby"] = described
    if bound.errors:
        given["aria-invalid"] = "true"
    return bound.as_widget(attrs=given)
