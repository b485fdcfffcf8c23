"""What somebody reads this page on, in plain words, from what the browser says of itself. Pure.

Shown in the form and erasable there: nothing of it is kept unless its owner sends it.
"""

import re

_LONGEST = 400  # a longer User-Agent is nobody's browser
# The first that is found wins: browsers name those that they descend from, and systems too.
_SYSTEMS = (
    (r"iPhone|iPod", "iPhone"),
    (r"iPad", "iPad"),
    (r"Android.*Mobile", "Android"),
    (r"Android", "Android"),
    (r"CrOS", "Chromebook"),
    (r"Windows", "Windows"),
    (r"Macintosh", "Mac"),
    (r"Linux", "Linux"),
)
_BROWSERS = (
    (r"SamsungBrowser/(\d+)", "Samsung Internet"),
    (r"(?:OPR|OPT|OPiOS)/(\d+)", "Opera"),
    (r"(?:EdgA|EdgiOS|Edg)/(\d+)", "Edge"),
    (r"(?:Firefox|FxiOS)/(\d+)", "Firefox"),
    (r"(?:Chrome|CriOS)/(\d+)", "Chrome"),
    (r"Version/(\d+)[\d.]* (?:Mobile/\w+ )?Safari", "Safari"),
)


def device_of(user_agent: str) -> str:
    """« iPhone, Safari 19 », « Windows, Firefox 132 »; empty when nothing is recognised. Proper names only."""
    said = user_agent[:_LONGEST]
    system = next((name for pattern, name in _SYSTEMS if re.search(pattern, said)), "")
    found = ((name, re.search(pattern, said)) for pattern, name in _BROWSERS)
    browser = next((f"{name} {match[1]}" for name, match in found if match), "")
    return ", ".join(filter(None, (system, browser)))
