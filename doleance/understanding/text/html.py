"""An HTML body in words: what mail programs mark as quote or signature dropped, lists and tables kept. Pure."""

import re
from itertools import islice

from lxml import html as lxml_html
from lxml.etree import LxmlError, iterwalk

from doleance.channels.email.bodies import HTML_LIMIT, html_to_text
from doleance.understanding.text.headers import FORWARDED, LONGEST
from doleance.understanding.text.lines import fold

# Names of classes and identifiers; Outlook puts "x_" before those of the mails it quotes.
_QUOTES = re.compile(
    r"(?:x_)*(?:gmail_quote|gmail_quote_container|gmail_extra_quote|yahoo_quoted\w*|yahoo-quoted\w*|protonmail_quote|"
    r"tutanota_quote|zmail_extra|moz-email-headers-table|oriMsg\w*|ms-outlook-mobile-reference-message|"
    r"mail-editor-reference-message-container|OLK_SRC_BODY_SECTION|isReplyContent|quoted_?(?:message|text|reply)|"
    r"AOLMsgPart\w*|aolReplacedBody|cafe_quote|spark_?quote|WM_RMR|hmquote|infomaniak_quote|reply-?quote)$",
    re.IGNORECASE,
)
# From there on, all is older.
_BEGINS = re.compile(
    r"(?:x_)*(?:divRplyFwdMsg|appendonsend|stopSpelling|zwchr|reply-intro|OutlookMessageHeader|"
    r"lineBreakAtBeginningOfMessage-quote|"
    r"orig-?header)$",
    re.IGNORECASE,
)
_SIGNATURES = re.compile(
    r"(?:x_)*(?:gmail_signature|gmail_signature_prefix|moz-signature|ms-outlook-mobile-signature|composer_signature|"
    r"protonmail_signature_block\S*|AppleMailSignature\S*|Signature|divtagdefaultwrapper-signature|"
    r"yahoo-signature|ydp\w{1,20}signature|DAB4FAD8-2DD7-40BB-A1B8-4E2AA1F9FDF2|bloop_sign\S*|WM_signature|sign-off)$"
)
_OUTLOOK_RULE = re.compile(r"border:none;border-top:solid#[0-9a-f]{6}1\.0pt", re.IGNORECASE)
_HINT = re.compile(
    r"quote|RplyFwd|appendonsend|stopSpelling|zwchr|reply-intro|OutlookMessage|oriMsg|reference-message|OLK_SRC|"
    r"ReplyContent|"
    r"AOLMsg|aolRepl|signature|moz-|border-top|type=.?cite|bloop_|DAB4FAD8|zmail|hmquote|orig-?header|WM_RMR",
    re.IGNORECASE,
)
_LOOKED_AT = 4_000  # beginnings and ends of elements
_DIRECTIONS = {0x200E: None, 0x200F: None}  # Windows Mail writes them around each figure of a date
_FAULTS = (LxmlError, ValueError, RecursionError, AssertionError, AttributeError, TypeError, KeyError, IndexError)


def to_text(body: str, *, is_forward: bool = False) -> str:
    """The words of `body` without what programs mark as older; with it, if nothing else is said or it is a forward."""
    whole = body if len(body) <= HTML_LIMIT else body[:HTML_LIMIT]
    bare = _without_marked(whole, is_forward=is_forward) if _HINT.search(whole) else None
    said = html_to_text(bare) if bare else ""
    laid = said if said.strip() else html_to_text(whole)
    return "\n".join(line.strip() for line in laid.translate(_DIRECTIONS).split("\n"))


def _without_marked(body: str, *, is_forward: bool) -> str | None:
    """The page without its marked parts; None when it does not parse, or holds none."""
    try:
        tree = lxml_html.document_fromstring(body.replace("\x00", ""))
        if not _prune(tree, is_forward=is_forward):
            return None
        return str(lxml_html.tostring(tree, encoding="unicode"))
    except _FAULTS:
        return None


def _prune(tree: lxml_html.HtmlElement, *, is_forward: bool) -> bool:
    gone: set[lxml_html.HtmlElement] = set()
    for element in list(tree.iter("div", "blockquote", "hr", "span", "table", "section", "pre", "p", "td")):
        if element in gone:
            continue
        names = [*str(element.get("class") or "").split(), str(element.get("id") or "")]
        if any(_SIGNATURES.match(name) for name in names if name) or (not is_forward and _is_quote(element, names)):
            _drop(element, gone)
        elif not is_forward and _begins_older(element, names):
            _drop_from(element, gone)
    return bool(gone)


def _is_quote(element: lxml_html.HtmlElement, names: list[str]) -> bool:
    if element.tag == "blockquote" and str(element.get("type") or "").lower() == "cite":
        return not _says_forwarded(element)
    if any(name in {"moz-cite-prefix", "gmail_attr"} for name in names):
        return not _says_forwarded(element)
    if not any(_QUOTES.match(name) for name in names if name) or _says_forwarded(element):
        return False
    return element.tag == "blockquote" or not _is_answered_inside(element)


def _is_answered_inside(element: lxml_html.HtmlElement) -> bool:
    """Whether the author wrote between the passages that a program quotes in one box: each passage goes by itself."""
    depth, quoted = 0, False
    for event, piece in islice(iterwalk(element, events=("start", "end")), _LOOKED_AT):
        is_quote = piece.tag == "blockquote"
        if event == "start":
            said = piece.text
            depth += is_quote
        else:
            said = piece.tail if piece is not element else None
            depth -= is_quote
            quoted = quoted or is_quote
        if quoted and not depth and said and re.search(r"\w", said[:400]):
            return True
    return False


def _begins_older(element: lxml_html.HtmlElement, names: list[str]) -> bool:
    if any(_BEGINS.match(name) for name in names if name):
        return True
    style = re.sub(r"\s+", "", str(element.get("style") or "")[:300])
    if element.tag not in {"div", "p"} or not _OUTLOOK_RULE.match(style):
        return False
    first = fold(_first_words(element))
    return bool(re.match(r"\W{0,4}(?:de|from|von|da|van|de la part de)\W{0,3}:", first))


def _says_forwarded(element: lxml_html.HtmlElement) -> bool:
    """Whether the first words of a quote say that it is a forward: its text is what the mail is about."""
    first = fold(_first_words(element))
    return any(FORWARDED.match(line) for line in first.split("\n")[:4]) or "forwarded message" in first[:120]


def _first_words(element: lxml_html.HtmlElement) -> str:
    found: list[str] = []
    length = 0
    for piece in islice(element.itertext(), 60):
        words = str(piece).strip()
        if words:
            found.append(words[:LONGEST])
            length += len(words)
        if length > 200:
            break
    return "\n".join(found)


def _drop(element: lxml_html.HtmlElement, gone: set[lxml_html.HtmlElement]) -> None:
    """Take an element away, with all it holds; the words after it stay."""
    gone.update(element.iter())
    tail, parent = element.tail, element.getparent()
    if parent is None:
        return
    element.tail = None
    before = element.getprevious()
    if tail and before is not None:
        before.tail = (before.tail or "") + tail
    elif tail:
        parent.text = (parent.text or "") + tail
    parent.remove(element)


def _drop_from(element: lxml_html.HtmlElement, gone: set[lxml_html.HtmlElement]) -> None:
    """Take away an element and all that follows it on the page."""
    at: lxml_html.HtmlElement | None = element
    while at is not None and at.tag not in {"body", "html"}:
        parent = at.getparent()
        for later in list(at.itersiblings()):
            gone.update(later.iter())
            parent.remove(later)
        at.tail = None
        at = parent
    _drop(element, gone)
