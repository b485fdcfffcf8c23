"""Whose second factor is required; how often every session of a person was closed."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("doleance", "0027_hand_over")]

    operations = [
        migrations.AddField("user", "sessions_ended", models.PositiveIntegerField(default=0)),
        migrations.CreateModel(
            name="SignInRules",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                (
                    "required_roles",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("agent", "Première ligne"),
                                ("expert", "Expert de service"),
                                ("lead", "Responsable d’équipe"),
                                ("quality", "Qualité"),
                                ("auditor", "Audit"),
                                ("administrator", "Administrateur"),
                            ],
                            max_length=16,
                        ),
                        default=list,
                        size=None,
                    ),
                ),
            ],
            options={
                "verbose_name": "règles de connexion",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="sign_in_rules_once"),
                ],
            },
        ),
        migrations.RunSQL("SELECT doleance_guard('doleance_signinrules')", migrations.RunSQL.noop),
    ]
