"""The HTML of a mail made harmless, for a sandboxed frame on its own URL. Runs in the limited child process.

Nothing is fetched, ever: images that the mail brings are drawn anew and stand in the page itself, the others are
counted and replaced by what they say instead. A link says where it leads, whatever its words claim.
"""

import base64
import re
from collections.abc import Mapping
from html import escape, unescape
from urllib.parse import unquote, unquote_to_bytes, urlsplit

import nh3

from doleance.channels.email import bodies, headers, images, mime
from doleance.channels.rules import ParsedFile, SafeHtml

IMAGES_LIMIT = 40
IMAGES_BYTES_LIMIT = 6_000_000
# Beyond these the text alone is shown: the parser is quadratic in nesting and in entities (measured: ten thousand
# nested elements 0.2 s, a million entities more than 8 s).
HTML_LIMIT = 8_000_000
_OPEN_LIMIT = 30_000
_ENTITIES_LIMIT = 200_000
_TAGS = {
    "a", "abbr", "address", "article", "aside", "b", "bdi", "bdo", "big", "blockquote", "br", "caption", "center",
    "cite", "code", "col", "colgroup", "dd", "del", "details", "dfn", "div", "dl", "dt", "em", "figcaption", "figure",
    "font", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "i", "img", "ins", "kbd", "li", "main",
    "mark", "nav", "ol", "p", "pre", "q", "rp", "rt", "ruby", "s", "samp", "section", "small", "span", "strike",
    "strong", "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "time", "tr", "tt", "u", "ul",
    "var", "wbr",
}  # fmt: skip
_EMPTIED = {
    "script", "style", "title", "template", "iframe", "object", "embed", "applet", "svg", "math", "noscript",
    "noembed", "noframes", "textarea", "select", "button", "audio", "video", "canvas", "xml", "frameset",
}  # fmt: skip
_EVERYWHERE = {"dir", "lang", "title", "style"}
_CELL = {"align", "valign", "width", "height", "colspan", "rowspan", "bgcolor", "headers", "scope"}
_ATTRIBUTES = {
    "*": _EVERYWHERE,
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "font": {"color", "face", "size"},
    "table": {"align", "width", "border", "cellpadding", "cellspacing", "bgcolor", "summary"},
    "tr": {"align", "valign", "bgcolor"},
    "td": _CELL,
    "th": _CELL,
    "col": {"span", "width"},
    "colgroup": {"span", "width"},
    "p": {"align"},
    "div": {"align"},
    "ol": {"start", "type"},
    "ul": {"type"},
    "li": {"value"},
    "time": {"datetime"},
    "blockquote": {"type"},
}
# None of them moves a thing over another, hides it, or fetches.
_PROPERTIES = {
    "background-color", "border", "border-bottom", "border-bottom-color", "border-bottom-style",
    "border-bottom-width", "border-collapse", "border-color", "border-left", "border-left-color", "border-left-style",
    "border-left-width", "border-radius", "border-right", "border-right-color", "border-right-style",
    "border-right-width", "border-spacing", "border-style", "border-top", "border-top-color", "border-top-style",
    "border-top-width", "border-width", "color", "direction", "font", "font-family", "font-size", "font-style",
    "font-variant", "font-weight", "height", "letter-spacing", "line-height", "list-style-type", "margin",
    "margin-bottom", "margin-left", "margin-right", "margin-top", "max-width", "min-width", "padding",
    "padding-bottom", "padding-left", "padding-right", "padding-top", "table-layout", "text-align",
    "text-decoration", "text-indent", "text-transform", "vertical-align", "white-space", "width", "word-break",
    "word-spacing", "word-wrap",
}  # fmt: skip
# Plain words, numbers, colours: a value that calls, escapes or points elsewhere is none of them.
_DECLARATION = re.compile(
    r"\s*([a-z-]{1,30})\s*:\s*((?:(?:rgb|hsl)a?\([\d.,%\s/]{0,60}\)|[\w#%.,!'\"\s/+-]){1,300})", re.IGNORECASE
)
_BACKWARDS = re.compile(r"(?:^|[\s,/])-[\d.]")
_SIZE = re.compile(r"(?<![\w.#-])(\d{0,6}\.?\d{1,6})(px|pt|em|rem|%)?(?![\w.])", re.IGNORECASE)
_PIXELS = {"px": 1.0, "pt": 1.33, "em": 16.0, "rem": 16.0, "%": 0.16}
_SMALLEST = 4  # pixels: what is smaller is written for machines
_LINKS = ("http:", "https:", "mailto:", "tel:")
# As the sanitiser writes: every value in double quotes, and no double quote inside.
_PAIR = re.compile(r'\s([a-z-]+)="([^"]*)"')
_IMAGE = re.compile(r'<img((?:\s[a-z-]+="[^"]*")*)>')
_LINK = re.compile(r'<a((?:\s[a-z-]+="[^"]*")*)>(.*?)</a>', re.DOTALL)
_TAG = re.compile(r"<[^>]*>")


def read(raw: bytes) -> SafeHtml | None:
    """The HTML that a message shows, made harmless; None when it has none, or none that can be shown.

    `images_blocked` counts the images of which nothing was fetched.
    """
    raw = bodies.with_lines(raw)
    try:
        root = mime.cut(raw)
    except headers.OverLimit:
        return None
    content = bodies.gather(root, raw)
    source = "\n<hr>\n".join(content.pages)
    return safe(source, content.files) if source.strip() else None


def safe(source: str, files: list[ParsedFile]) -> SafeHtml | None:
    """`source` made harmless; images named `cid:` are looked for among `files`."""
    if len(source) > HTML_LIMIT or source.count("&") > _ENTITIES_LIMIT:
        return None
    if source.count("<") - 2 * source.count("</") > _OPEN_LIMIT:
        return None
    gallery = _Gallery({one.content_id.strip("<>"): one.data for one in files if one.content_id})

    def kept(tag: str, attribute: str, value: str) -> str | None:
        if tag == "img" and attribute == "src":
            return gallery.picture(value)
        if attribute == "href":
            return value if value.strip().lower().startswith(_LINKS) else None
        return _calm(value) if attribute == "style" else value

    clean = nh3.clean(
        source.replace("\x00", ""),
        tags=_TAGS,
        clean_content_tags=_EMPTIED,
        attributes=_ATTRIBUTES,
        attribute_filter=kept,
        url_schemes={"http", "https", "mailto", "tel", "cid", "data"},
        url_relative="deny",
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )
    clean = _IMAGE.sub(lambda found: gallery.hung(found[1]), clean)
    return SafeHtml(_LINK.sub(_led, clean), gallery.blocked)


def _calm(style: str) -> str | None:
    """The declarations of a style that only dress: none that calls, hides or reaches out of its place."""
    found = (_DECLARATION.fullmatch(one) for one in style.split(";"))
    calm = [f"{one[1].lower()}:{one[2].strip()}" for one in found if one and _is_calm(one[1].lower(), one[2])]
    return ";".join(calm) or None


def _is_calm(name: str, value: str) -> bool:
    if name not in _PROPERTIES or _BACKWARDS.search(value):
        return False
    return name not in {"font", "font-size"} or not any(_is_tiny(*one) for one in _SIZE.findall(value))


def _is_tiny(number: str, unit: str) -> bool:
    size = float(number)
    return size * _PIXELS[unit.lower()] < _SMALLEST if unit else size == 0


class _Gallery:
    """The images of one page: those drawn, within limits, and how many were not."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.blocked = 0
        self._files = files
        self._drawn: dict[str, str] = {}
        self._bytes_left = IMAGES_BYTES_LIMIT
        self._pixels_left = 2 * images.PIXELS_LIMIT

    def picture(self, source: str) -> str | None:
        """What stands in the place of an image's address: the image itself, or nothing."""
        if source not in self._drawn:
            self._drawn[source] = self._draw(source.strip())
        return self._drawn[source] or None

    def _draw(self, source: str) -> str:
        data = self._bytes_of(source)
        if not data or len(self._drawn) >= IMAGES_LIMIT:
            return ""
        self._pixels_left -= images.pixels_of(data)
        if self._pixels_left < 0:
            return ""
        picture = images.drawn(data, side=images.SIDE_LIMIT)
        if picture is None or len(picture) > self._bytes_left:
            return ""
        self._bytes_left -= len(picture)
        return "data:image/webp;base64," + base64.b64encode(picture).decode("ascii")

    def _bytes_of(self, source: str) -> bytes:
        scheme, _, rest = source.partition(":")
        match scheme.lower():
            case "cid":
                return self._files.get(rest, b"") or self._files.get(unquote(rest), b"")
            case "data":
                head, _, body = rest.partition(",")
                data = unquote_to_bytes(body)
                return headers.unbase64(data) if head.lower().endswith("base64") else data
            case _:
                return b""

    def hung(self, attributes: str) -> str:
        """An image as it is shown: drawn, or only what it says instead. Counts those that are not."""
        pairs = dict(_PAIR.findall(attributes))
        if "src" in pairs:
            return f"<img{attributes}>"
        self.blocked += 1
        words = " ".join(unescape(pairs.get("alt", "")).split())
        return f"<span>{escape(words)}</span>" if words else ""


def _led(found: re.Match[str]) -> str:
    """A link with where it leads after it, unless its words are just that."""
    target = unescape(dict(_PAIR.findall(found[1])).get("href", ""))
    try:
        parts = urlsplit(target)
        place = parts.hostname or "" if parts.scheme in {"http", "https"} else parts.path
    except ValueError:
        place = ""
    if not place:
        return found[2]
    words = unescape(_TAG.sub(" ", found[2])).strip().casefold()
    told = "" if words in _ways_to_say(target, place) else f" <small>({escape(place)})</small>"
    return f"<a{found[1]}>{found[2]}</a>{told}"


def _ways_to_say(target: str, place: str) -> set[str]:
    """What a link may say, and nothing else, to have said where it leads: the place, or the whole of its address.

    Of several words one could be seen and the other hidden, by a colour or a size: then neither has said it. The same
    for an address that has a name before its place (`https://banque.example@mechant.example/`).
    """
    whole = target.strip().casefold()
    ways = {place.casefold()}
    if "@" in whole and not whole.startswith("mailto:"):
        return ways
    bare = re.sub(r"^[a-z]+:(?://)?", "", whole)
    return ways | {one for way in (whole, bare) for one in (way, way.removesuffix("/"))}
