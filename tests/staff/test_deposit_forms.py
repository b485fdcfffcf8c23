"""The forms of the telephone and the counter: what is refused at once, rather than once all is written."""

import pytest
from django.utils.translation import override

from doleance.complainants.rules import LONGEST_CONTACT
from doleance.staff.forms.deposit import CounterForm


@pytest.mark.parametrize(("name", "is_long"), [("", False), ("Hélène Durand", True)])
def test_an_address_that_cannot_be_kept_with_the_name_above_it_is_told(name, is_long):
    with override("fr"):
        form = CounterForm({"name": name, "postal": "p" * LONGEST_CONTACT}, categories=[])
        assert ("postal" in form.errors) is is_long
