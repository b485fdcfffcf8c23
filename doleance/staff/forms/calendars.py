"""Forms of calendars: which one, which year, and a day that does not count."""

from django import forms
from django.utils.translation import gettext_lazy as _

from doleance.deadlines.rules.calendar import WorkCalendar


class ChosenForm(forms.Form):
    """The calendar and the year that are looked at."""

    calendrier = forms.ChoiceField(label=_("Calendrier"))
    annee = forms.IntegerField(label=_("Année"), widget=forms.Select)

    def __init__(self, *, chosen: WorkCalendar, year: int, calendars: list[tuple[str, str]]) -> None:
        super().__init__(initial={"calendrier": chosen.code, "annee": year})
        field, years = self.fields["calendrier"], range(chosen.first_year, chosen.last_year + 1)
        assert isinstance(field, forms.ChoiceField)
        field.choices = calendars
        self.fields["annee"].widget.choices = [(each, str(each)) for each in years]


class HolidayForm(forms.Form):
    """A day that does not count, and its name."""

    day = forms.DateField(
        label=_("Jour"),
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
    )
    name = forms.CharField(
        label=_("Nom"), help_text=_("Cité dans l’explication des échéances qu’il repousse."), max_length=80
    )
