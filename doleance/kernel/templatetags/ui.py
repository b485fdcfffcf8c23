"""The pieces of every page. `{% load ui %}`; `/ui/` shows each in every state, beside the markup of whole pages.

Inline tags: icon, state, verdict, ref, due, minifil, fil, vfil, avatar, written, kbd, field, error_summary, copybox,
skeleton, gauge, progress_of. Block tags: button, panel, banner, actions, dialog, menu, empty, scroll, event, toast.
Words, moments and the complainant's voice are in `{% load marks %}`.

Any further keyword becomes an HTML attribute: `{% button hx_post=url hx_target="#rows" %}`. Strings are given
translated; typography is set here with `french` where the page is in French, except for what is stored.
"""

import re
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Any

from django import template
from django.forms import BaseForm, BoundField
from django.http import HttpRequest
from django.template.context import Context
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, gettext_noop, ngettext
from lucide.templatetags.lucide import lucide

from doleance.kernel import controls, delays, fragments, languages, preferences
from doleance.kernel.fil import Mark
from doleance.kernel.templatetags.marks import attributes, french, page_now, zone_or_current

register = template.Library()

_INSIDE = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)
# Keys that have a name: what is written on them, and their name in ARIA.
_KEYS = {"Ctrl Entrée": (gettext_noop("Ctrl Entrée"), "Control+Enter"), "Échap": (gettext_noop("Échap"), "Escape")}
_TONES = {"": "", "late": "late", "soon": "soon", "ok": "ok"}


@cache
def _drawing(name: str) -> SafeString:
    """What is inside the SVG of a Lucide icon. Raises lucide.IconDoesNotExist."""
    match = _INSIDE.search(str(lucide(name)))
    inside = re.sub(r"\s+", " ", match[1]).replace("> <", "><").replace(" />", "/>").strip() if match else ""
    return mark_safe(inside)  # noqa: S308  from the package, not from people


@register.simple_tag
def icon(name: str, label: str = "") -> str:
    """`{% icon "mail" %}` beside words; `{% icon "mail" label="courriel" %}` when it stands alone.

    Names are Lucide's (lucide.dev/icons). Drawn inline, in the colour of the text.
    """
    drawing = format_html('<svg class="i" viewBox="0 0 24 24" aria-hidden="true">{}</svg>', _drawing(name))
    return drawing + format_html('<span class="vh">{}</span>', label) if label else drawing


@register.simple_tag
def state(label: str, fill: str = "") -> str:
    """`{% state "En cours" "half" %}`: round label; `fill` is "" (to take), half, full, wait, ok, soon or late."""
    return format_html('<span class="state{}">{}</span>', f" {fill}" if fill else "", label)


@register.simple_tag
def verdict(label: str) -> str:
    """`{% verdict "Partiellement fondé" %}`: square label, never to be mistaken for a state."""
    return format_html('<span class="verdict">{}</span>', label)


@register.simple_tag
def ref(reference: str) -> str:
    """`{% ref complaint.reference %}`: a reference, which never breaks."""
    return format_html('<span class="ref">{}</span>', reference)


@register.simple_tag(takes_context=True)
def due(
    context: Context,
    at: datetime | None = None,
    *,
    words: str = "",
    tone: str = "",
    working_days: int | None = None,
    met: datetime | None = None,
    zone: str = "",
) -> str:
    """`{% due row.next_due_at working_days=row.left zone=row.zone %}`: due words in their colour.

    Or `{% due words="dans 3 j ouvrés" tone="" %}` when a query has already said it (`delays.Due`).
    """
    said = delays.Due(words, tone) if words or at is None else None  # type: ignore[arg-type]  # a template's string
    if said is None and at is not None:
        said = delays.due(
            at,
            zone_or_current(zone),
            page_now(context),
            languages.reader(),
            working_days=working_days,
            met=met,
        )
    if said is None:
        return ""
    colour = f" {said.tone}" if said.tone else ""
    return format_html('<span class="due{}">{}</span>', colour, said.words)


@register.simple_tag
def minifil(part: float, tone: str = "") -> str:
    """`{% minifil row.elapsed row.tone %}`: the thread in a row, 72 px; `part` from 0 to 1 (`delays.elapsed`)."""
    x = f"{5 + 62.7 * min(1.0, max(0.0, part)):.1f}"
    return format_html(
        '<svg class="minifil {}" viewBox="0 0 72 12" aria-hidden="true"><path class="rest" d="M1 6H71"/>'
        '<path class="gone" d="M1 6H{}"/><circle cx="{}" cy="6" r="3.75"/></svg>',
        _TONES.get(tone, ""),
        x,
        x,
    )


@register.simple_tag
def fil(marks: Iterable[Mark], label: str = "", *, upright: bool = False, explained: bool = True) -> str:
    """`{% fil thread %}`: the thread of deadlines across a file; upright on a phone, and always with `upright=True`.

    `marks` are `doleance.kernel.fil.Mark`. With reasons on them and `explained`, « Comment c’est compté » follows.
    """
    steps = list(marks)
    told = {"marks": steps, "label": label or gettext("Fil des délais"), "upright": upright}
    return render_to_string("ui/fil.html", told | {"reasons": [s for s in steps if s.why] if explained else []})


@register.simple_tag
def vfil(marks: Iterable[Mark], label: str = "") -> str:
    """`{% vfil thread %}`: the same thread, upright at every width."""
    return fil(marks, label, upright=True, explained=False)


@register.simple_tag
def avatar(initials: str, tint: str = "", *, large: bool = False) -> str:
    """`{% avatar user.initials %}`: decoration beside a name, hidden from readers; `tint` is "", plum or blue."""
    classes = " ".join(filter(None, ("avatar", tint, "large" if large else "")))
    return format_html('<span class="{}" aria-hidden="true">{}</span>', classes, initials)


@register.simple_tag(takes_context=True)
def written(context: Context, template_name: str, **told: Any) -> str:
    """`{% written "staff/_says.html" %}`: an include that sees what it is told here, and nothing else of its page.

    It is so written once for the same telling (`kernel.fragments`): each value is hashable. Forms in it get their
    token.
    """
    return fragments.written(template_name, told, {"csrf_token": context.get("csrf_token", "")})


@register.simple_tag
def kbd(key: str) -> str:
    """`{% kbd "Ctrl Entrée" %}`: a key; the touch of a shortcut is shown by `{% button key="R" %}` itself."""
    return format_html("<kbd>{}</kbd>", key)


@register.simple_block_tag
def button(
    content: str,
    kind: str = "",
    *,
    href: str = "",
    icon: str = "",
    key: str = "",
    label: str = "",
    type: str = "submit",  # noqa: A002  the attribute's own name
    classes: str = "",
    busy: bool = False,
    **more: Any,
) -> str:
    """`{% button "primary" icon="reply" key="R" %}Répondre{% endbutton %}`: a button, or a link when `href` is given.

    `kind`: "", primary, quiet, ink, square (icon alone: give `label`), several with a space. `key`: the shortcut that
    presses it (shown, and live through `data-key`). `busy=True` draws the progress bar. Inside a form it submits; give
    `type="button"` for the rest.
    """
    drawing = _icon(icon)
    touch = gettext(_KEYS[key][0]) if key in _KEYS else key
    shown = format_html('<kbd aria-hidden="true">{}</kbd>', touch) if key and "square" not in kind.split() else ""
    spoken = f"{label} ({touch})" if label and key else label
    name = " ".join(filter(None, ("button", kind, classes)))
    busily = {"aria_busy": "true"} if busy else {}
    rest = attributes(
        {"aria_label": label, "title": spoken, "data_key": key, "aria_keyshortcuts": _spoken_key(key)} | busily | more
    )
    if href:
        return format_html('<a class="{}" href="{}"{}>{}{}{}</a>', name, href, rest, drawing, _inside(content), shown)
    return format_html(
        '<button class="{}" type="{}"{}>{}{}{}</button>', name, type, rest, drawing, _inside(content), shown
    )


def _spoken_key(key: str) -> str:
    """The shortcut as ARIA writes it; a pair of keys has no way to be written."""
    return _KEYS[key][1] if key in _KEYS else key if len(key) == 1 else ""


def _icon(name: str) -> str:
    return icon(name) if name else ""


def _inside(content: str) -> SafeString:
    return mark_safe(content.strip())  # noqa: S308  rendered, and escaped, by the template


@register.simple_block_tag
def panel(content: str, title: str = "", *, level: int = 2, classes: str = "pad", **more: Any) -> str:
    """`{% panel "Griefs" %}…{% endpanel %}`: what could be picked up alone. Lists use hairlines instead."""
    heading = format_html("<h{0}>{1}</h{0}>", level, french(title)) if title else ""
    return format_html(
        '<section class="panel {}"{}>{}{}</section>', classes, attributes(more), heading, _inside(content)
    )


@register.simple_block_tag
def banner(content: str, tone: str = "", *, icon: str = "info", live: bool = False, **more: Any) -> str:
    """`{% banner "act" icon="inbox" %}<p><b>4 nouvelles</b></p>{% actions %}…{% endactions %}{% endbanner %}`.

    `tone`: "" (plain), act, note, late, soon, ok, stop (errors, offline). `live=True` when it appears while one reads.
    """
    role = {"role": "alert" if tone == "stop" else "status"} if live else {}
    name = f"banner {tone}".strip()
    return format_html('<div class="{}"{}>{}{}</div>', name, attributes(role | more), _icon(icon), _inside(content))


@register.simple_block_tag
def actions(content: str) -> str:
    """`{% actions %}…{% endactions %}`: the buttons of a banner, a header or a row, together."""
    return format_html('<div class="acts">{}</div>', _inside(content))


@register.simple_block_tag
def dialog(content: str, id: str, title: str, *, wide: bool = False, open: bool = False, **more: Any) -> str:  # noqa: A002
    """`{% dialog "grief" title="Ajouter un grief" %}<form …>{% enddialog %}`; any `data-opens="grief"` opens it.

    Without JavaScript it cannot open: its opener is a link to a page with the same form. `open=True` is for `/ui/`.
    """
    told = {"id": id, "title": french(title), "content": _inside(content), "wide": wide, "open": open}
    return render_to_string("ui/dialog.html", told | {"more": attributes(more)})


@register.simple_block_tag
def menu(content: str, label: str, *, icon: str = "ellipsis", kind: str = "quiet square", **more: Any) -> str:
    """`{% menu "Autres actions" %}<a class="item" href=…>…{% endmenu %}`: a native `details`, no JavaScript needed."""
    told = {"label": label, "icon": icon, "kind": kind, "content": _inside(content), "more": attributes(more)}
    return render_to_string("ui/menu.html", told)


@register.simple_block_tag
def empty(content: str, title: str, *, level: int = 2) -> str:
    """`{% empty "Rien avec ce filtre." %}<p>…</p>{% button %}…{% endempty %}`: what this place is for, and one action.

    Three texts for three reasons: never anything, a filter too narrow, all done.
    """
    return format_html('<div class="empty"><h{0}>{1}</h{0}>{2}</div>', level, french(title), _inside(content))


@register.simple_block_tag
def scroll(content: str, label: str) -> str:
    """`{% scroll "Équipes" %}<table class="table">…{% endscroll %}`: a wide table or a raw file that scrolls alone."""
    return format_html(
        '<div class="scroll" tabindex="0" role="region" aria-label="{}">{}</div>', label, _inside(content)
    )


@register.simple_block_tag(takes_context=True)
def event(
    context: Context, content: str, kind: str = "", *, who: str = "", how: str = "", icon: str = "mail", **more: Any
) -> str:
    """One item of a file's timeline: `{% event who=party.name how="par courriel" at=… zone=… %}…{% endevent %}`.

    `kind`: "" (the complainant: give `voice=True` for serif), mine (us), internal (yellow paper, padlock), system (one
    line, no box). `at` and `zone` say when; `pending=True` dashes what waits to leave; `id` anchors it.
    """
    at, zone = more.pop("at", None), more.pop("zone", "")
    told = {
        "kind": kind,
        "who": who,
        "how": french(how),
        "icon": "lock" if kind == "internal" else icon,
        "at": at,
        "zone": zone,
        "now": page_now(context),
        "voice": more.pop("voice", False),
        "pending": more.pop("pending", False),
        "after": more.pop("after", ""),
        "content": _inside(content),
        "more": attributes(more),
    }
    return render_to_string("ui/event.html", told)


@register.simple_block_tag(takes_context=True)
def toast(
    context: Context,
    content: str,
    *,
    undo: str = "",
    label: str = "",
    seconds: float = 0,
    until: datetime | None = None,
) -> str:
    """`{% toast undo=url label="Retenir" until=notice.leaves_at %}Réponse à … partie dans un instant{% endtoast %}`.

    Undoable or background results only, one at a time, in the `#toasts` of the shell (with htmx: swap that element out
    of band). `undo` is posted to; `until` ends the countdown, for which `seconds` is the whole length of the bar.
    """
    left = max(0.0, (until - page_now(context)).total_seconds()) if until else seconds
    told = {
        "content": _inside(content),
        "undo": undo,
        "label": label or gettext("Annuler"),
        "whole": round(seconds or left, 1),
        "left": round(left, 1),
        "csrf_token": context.get("csrf_token", ""),
    }
    return render_to_string("ui/toast.html", told)


@register.simple_tag
def copybox(label: str, value: str, id: str = "copie", *, is_link: bool = False) -> str:  # noqa: A002
    """`{% copybox "Votre référence" complaint.reference %}`: what is kept, read aloud or given; « Copier » beside it.

    The button is there where a script runs (`doleance/js/copy.js`). `is_link=True` makes the value a link to itself.
    """
    told = {"label": french(label), "value": value, "id": id, "is_link": is_link}
    return render_to_string("ui/copybox.html", told)


@register.simple_tag
def skeleton(lines: int = 3) -> str:
    """`{% skeleton %}`: grey lines while a panel comes for the first time, hidden from readers."""
    return format_html('<div class="skeleton" aria-hidden="true">{}</div>', mark_safe("<span></span>" * lines))  # noqa: S308  ours


@register.simple_tag
def progress_of(value: int, whole: int, label: str) -> str:
    """`{% progress_of 1240 3000 "Import" %}`: a bar; write the figures beside it."""
    return format_html('<progress max="{}" value="{}" aria-label="{}"></progress>', whole, value, label)


@register.simple_tag
def gauge(value: float, whole: float, label: str, words: str) -> str:
    """`{% gauge 6 8 "Charge" "6 h sur 8 h" %}`: a load, said in words too."""
    return format_html(
        '<div class="stack small"><meter min="0" max="{}" value="{}" aria-label="{}">{}</meter>'
        '<span class="second sm">{}</span></div>',
        whole,
        value,
        label,
        words,
        french(words),
    )


@register.simple_tag
def field(
    bound: BoundField,
    *,
    look: str = "",
    aside: str = "",
    aside_href: str = "",
    label: str = "",
    hint: str | None = None,
    hide_label: bool = False,
    optional: bool = True,
    classes: str = "",
    **more: Any,
) -> str:
    """`{% field form.email autocomplete="username" %}`: label, control, hint and errors, tied by `aria-describedby`.

    `look`: "" by the widget, `segmented` or `options` for radio buttons, `switch` for a box. `aside` with `aside_href`
    puts a link beside the label; `label` and `hint` replace the form's own. What is not required says so,
    unless `optional=False`: the rest of the form may ask for it.
    """
    shown = controls.drawn(
        bound, look=look, optional=optional, hint=french(bound.help_text if hint is None else hint), more=more
    )
    told = {
        "bound": bound,
        "shown": shown,
        "label": french(label or str(bound.label or "")),
        "hide_label": hide_label,
        "aside": aside,
        "aside_href": aside_href,
        "classes": classes,
    }
    return render_to_string("ui/field.html", told)


@register.simple_tag
def error_summary(*forms: BaseForm, message: str = "", focus: bool = True, **labels: str) -> str:
    """`{% error_summary form %}`: at the top of a refused form, focused, with a link to each answer to mend.

    `message` is a refusal's sentence (`pages.sentence`); without errors nor message it draws nothing. A label that
    the page replaces is given by the field's name. `focus=False` is for `/ui/`.
    """
    general = [message] if message else []
    general += [str(error) for form in forms for error in form.non_field_errors()]
    fields = [
        (bound, labels.get(bound.name, bound.label), str(error))
        for form in forms
        for bound in form
        for error in bound.errors
    ]
    if not general and not fields:
        return ""
    title = ngettext("Une réponse est à reprendre.", "%(count)d réponses sont à reprendre.", len(fields))
    told = {"general": general, "fields": fields, "focus": focus, "title": title % {"count": len(fields)}}
    return render_to_string("ui/error_summary.html", told)


@register.simple_tag(takes_context=True)
def error_title(context: Context) -> str:
    """In `<title>`, of a page that refuses what was sent: « Erreur : », which is then the first word that is heard."""
    form = context.get("form")
    is_refused = context.get("is_refused") or (isinstance(form, BaseForm) and bool(form.errors))
    return french(gettext("Erreur :")) + " " if is_refused else ""


@register.simple_tag(takes_context=True)
def root_attributes(context: Context) -> str:
    """On `<html>`: the reader's theme, density and shortcuts, from their cookies, so that nothing flashes."""
    request = context.get("request")
    cookies = request.COOKIES if isinstance(request, HttpRequest) else {}
    chosen = {name: preferences.chosen(cookies, name) for name in preferences.CHOICES}
    return attributes({f"data_{name}": value for name, value in chosen.items() if value != preferences.usual(name)})
