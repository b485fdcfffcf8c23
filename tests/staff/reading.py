"""A page as its reader sees it, and the forms it holds."""

import re
from typing import Any

from doleance.complaints.models import Complaint


def text(response: Any) -> str:
    """The page with ordinary spaces and line ends, as a browser reads it and as one types a test."""
    return response.content.decode().replace("\u00a0", " ").replace("\u202f", " ").replace("\r\n", "\n")


def main_of(response: Any) -> str:
    """The page between its main marks."""
    return text(response).partition("<main")[2].partition("</main>")[0]


def basis(file: Complaint, **more: Any) -> dict[str, Any]:
    """What every form of a file sends: the version and the last event that were on the screen."""
    return {"seen": Complaint.objects.get(pk=file.pk).version, "since": 0, **more}


def hidden(page: str, form: str, name: str) -> str:
    """The value of a hidden field in the form that goes to an address ending with `form`."""
    inside = re.search(rf'<form[^>]*action="[^"]*{form}[^"]*".*?</form>', page, re.DOTALL)
    assert inside, f"no form to {form}"
    for tag in re.findall(r"<input[^>]*>", inside[0]):
        if f'name="{name}"' in tag:
            found = re.search(r'value="([^"]*)"', tag)
            return found[1] if found else ""
    raise AssertionError(f"no {name} in the form to {form}")
