"""Fields for what strangers type on any keyboard: nothing that can be read is refused for the signs it is made of."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from doleance.kernel import text


class Words(forms.CharField):
    """Text as it is kept: any script, emoji and direction; control signs, NUL first, are dropped and never refused."""

    def to_python(self, value: Any) -> str:
        """The text in one form; without its outer blanks."""
        return text.normalise(str(value or "")).strip()


class ManyFilesInput(forms.ClearableFileInput):
    """A control that takes several files; Django's own refuses to unless it is told."""

    allow_multiple_selected = True
    template_name = "django/forms/widgets/file.html"

    def value_from_datadict(self, data: Any, files: Any, name: str) -> "list[UploadedFile[Any]]":  # noqa: ARG002  Django's signature
        """Every file that was sent under this name."""
        return list(files.getlist(name)) if hasattr(files, "getlist") else []


class ManyFiles(forms.Field):
    """Files, none of which is opened here. What each may weigh is the intake's rule, not the form's."""

    widget = ManyFilesInput(attrs={"multiple": True})
