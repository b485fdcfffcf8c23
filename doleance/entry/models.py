"""What the house asks of those who sign in."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from doleance.accounts.rules import Role


class SignInRules(models.Model):
    """The one row that says whose second factor is required; none until somebody decided."""

    journal_columns: ClassVar = ("required_roles",)
    journal_texts: ClassVar = ()
    journal_stream = "settings"

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    required_roles = ArrayField(models.CharField(max_length=16, choices=Role.choices()), default=list)

    class Meta:
        verbose_name = "règles de connexion"
        constraints: ClassVar = [models.CheckConstraint(condition=models.Q(id=1), name="sign_in_rules_once")]

    def __str__(self) -> str:
        return ", ".join(self.required_roles)
