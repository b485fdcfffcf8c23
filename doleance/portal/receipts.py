"""Where a receipt stands and how it is printed: its addresses, its key, and what the paper says in its words."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext

from doleance.complaints import access
from doleance.complaints.access import Use
from doleance.desk.queries.receipt import Receipt
from doleance.kernel import languages, pdf
from doleance.notifications import following
from doleance.portal import emergency
from doleance.portal.entity import PARAMETER

TEMPLATE = "receipt.typ"


@dataclass(frozen=True, slots=True)
class Addresses:
    """What leads from a receipt: to itself, to its paper, to the file, to what becomes of personal data."""

    page: str
    paper: str
    follow: str
    privacy: str


def token_of(draft: UUID) -> str:
    """The last part of the address of the receipt of what this draft became."""
    return access.secret_for(key=settings.DOLEANCE_FOLLOW_KEY, purpose=Use.RECEIPT, subject=draft)


def key_of(draft: UUID) -> str:
    """The tracking key of what this draft became, as people copy it."""
    return access.written_key(access.secret_for(key=settings.DOLEANCE_FOLLOW_KEY, purpose=Use.KEY, subject=draft))


def addresses(token: str, receipt: Receipt) -> Addresses:
    """The paths that a receipt names."""
    slug = receipt.entity.slug
    return Addresses(
        page=reverse("portal_receipt_kept", args=[token]),
        paper=reverse("portal_receipt_paper", args=[token]),
        follow=urlsplit(following.address(token)).path,
        privacy=reverse("portal_privacy") + (f"?{PARAMETER}={slug}" if slug else ""),
    )


def paper(receipt: Receipt, token: str) -> bytes:
    """The receipt as a PDF, in the reader's language. Raises pdf.PdfError."""
    return pdf.render(TEMPLATE, told(receipt, token))


def told(receipt: Receipt, token: str) -> dict[str, Any]:
    """What the template of the paper lays out; each sentence is said here, in the reader's language."""
    house = receipt.entity.name
    return {
        "title": receipt.title,
        "house": house,
        "language": languages.code(),
        "made": receipt.received_on.isoformat(),
        "foot": f"{house} – {receipt.reference}",
        "of": gettext(" sur "),
        "reference_label": gettext("Votre référence"),
        "reference": receipt.reference,
        "received_label": gettext("Reçue"),
        "received": receipt.received,
        "speaks_for": (
            gettext("Vous écrivez pour %(name)s.") % {"name": receipt.speaks_for} if receipt.speaks_for else ""
        ),
        "danger": _danger(receipt) if receipt.is_danger else None,
        "next_title": gettext("Ce qui se passe ensuite"),
        "steps": _steps(receipt),
        "counted": " ".join(filter(None, (receipt.counted, invitation(receipt)))),
        "sections": [one for one in (_reach(receipt), _unanswered(receipt), _said(receipt), _house(receipt)) if one],
        "link": settings.DOLEANCE_URL + reverse("portal_receipt_kept", args=[token]),
        "link_title": gettext("Retrouver ce reçu, suivre la suite"),
        "link_text": gettext(
            "Cette adresse ouvre ce reçu sans mot de passe, pendant %(days)d jours. Ne la donnez à personne."
        )
        % {"days": access.RECEIPT_LIFE.days},
        "privacy": gettext("Vos données servent à traiter votre réclamation. Ce qu’elles deviennent, et vos droits :"),
        "privacy_link": settings.DOLEANCE_URL + addresses(token, receipt).privacy,
        "proof": receipt.leaf,
        "proof_title": gettext("Preuve d’enregistrement"),
        "proof_text": gettext(
            "L’entrée de notre journal qui a ouvert votre dossier ne peut plus être changée sans que cette empreinte "
            "change."
        ),
    }


def _section(title: str, text: str = "", *, quote: str = "", items: Any = (), after: str = "") -> dict[str, Any]:
    return {"title": title, "text": text, "quote": quote, "items": list(items), "after": after}


def arrived(receipt: Receipt) -> str:
    """When it came, with its date: « Reçue le jeudi 12 novembre 2026, 8 h 47 »."""
    return gettext("Reçue le {moment}").format(moment=receipt.received)


def _steps(receipt: Receipt) -> list[dict[str, str]]:
    """The thread; on paper « aujourd’hui » would be any day, so the first one says its date."""
    labels = [arrived(receipt), *(one.label for one in receipt.steps[1:])]
    return [
        {"label": label, "words": step.words, "kind": "law" if step.legal else step.place}
        for label, step in zip(labels, receipt.steps, strict=True)
    ]


def _danger(receipt: Receipt) -> dict[str, Any]:
    head = gettext("N’utilisez plus ce produit, et éloignez-le des autres.")
    called = [f"{one.number} – {gettext(one.whom)}" for one in emergency.numbers(receipt.entity.calendar)]
    return {"head": head, "lines": called}


def _reach(receipt: Receipt) -> dict[str, Any]:
    text = receipt.reach or gettext(
        "Vous n’avez laissé aucun moyen de vous joindre : gardez cette adresse et votre clé."
    )
    when = gettext("Quand :")
    after = f"{when} {receipt.reach_when}" if receipt.reach_when else ""
    return _section(gettext("Comment nous vous répondons"), text, after=after)


def _unanswered(receipt: Receipt) -> dict[str, Any]:
    return _section(
        gettext("Pas de réponse à temps ?"),
        receipt.unanswered,
        after="\n".join(filter(None, (receipt.recourse.mediator, court_sentence(receipt)))),
    )


def invitation(receipt: Receipt) -> str:
    """What is asked of somebody who was only heard, where a clock waits for their writing (FR-ACPR)."""
    sentence = gettext(
        "Vous nous avez parlé. Écrivez-nous aussi, même en quelques lignes : le délai que fixe notre superviseur part "
        "de votre écrit, et il vous en reste une trace."
    )
    return sentence if receipt.invites_writing else ""


def court_sentence(receipt: Receipt) -> str:
    """The courts, where a pack wants them named."""
    return gettext("Vous gardez dans tous les cas le droit de saisir la justice.") if receipt.recourse.court else ""


def _said(receipt: Receipt) -> dict[str, Any]:
    items = [{"label": one.label, "text": one.text, "quote": one.is_voice} for one in receipt.answers]
    joined = gettext("Fichiers joints :")
    files = f"{joined} {', '.join(receipt.files)}" if receipt.files else ""
    title = gettext("Ce que vous avez dit")
    return _section(title, receipt.branch, quote=receipt.words, items=items, after=files)


def _house(receipt: Receipt) -> dict[str, Any] | None:
    """How to reach the house; nothing when settings say no way."""
    entity = receipt.entity
    phone = gettext("Par téléphone : %(phone)s. Donnez votre référence : elle retrouve votre dossier.") % {
        "phone": entity.phone
    }
    if not (entity.phone or entity.postal):
        return None
    return _section(gettext("Nous joindre"), phone if entity.phone else "", after=entity.postal)
