"""What a person may choose for their own screen, kept in cookies: no table knows it, no script has to wait for it."""

from collections.abc import Mapping

# The first value is the usual one.
CHOICES: dict[str, tuple[str, ...]] = {
    "theme": ("system", "light", "dark"),
    "density": ("normal", "compact"),
    "keys": ("on", "off"),  # single-key shortcuts (WCAG 2.1.4)
    "language": ("browser", "fr", "en"),  # read by Django itself, which leaves to the browser what it does not know
}
COOKIE = "doleance_{name}"


def usual(name: str) -> str:
    """What applies to who chose nothing."""
    return CHOICES[name][0]


def chosen(cookies: Mapping[str, str], name: str) -> str:
    """The value kept for `name`; a missing or unknown one is the usual."""
    value = cookies.get(COOKIE.format(name=name), "")
    return value if value in CHOICES[name] else usual(name)
