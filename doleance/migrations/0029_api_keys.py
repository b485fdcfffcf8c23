"""Keys for other programs: what each opens, its use, the calls that happen once."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import doleance.kernel.ids

_NEW = ("apikey", "apikey_teams", "keycall", "keyuse")
GUARD = "; ".join(f"SELECT doleance_guard('doleance_{table}')" for table in _NEW)


class Migration(migrations.Migration):
    dependencies = [
        ("doleance", "0028_sign_in_rules"),
    ]

    operations = [
        migrations.CreateModel(
            name="ApiKey",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=doleance.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=80)),
                (
                    "scopes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("read", "Lire les dossiers et leurs échanges"),
                                ("create", "Déposer une réclamation"),
                                ("message", "Ajouter à un dossier ce qu’écrit le réclamant"),
                            ],
                            max_length=12,
                        ),
                        size=None,
                    ),
                ),
                ("per_minute", models.PositiveIntegerField(default=60)),
                ("per_day", models.PositiveIntegerField(default=10000)),
                ("digest", models.BinaryField(max_length=32, unique=True)),
                ("hint", models.CharField(max_length=4)),
                ("made_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(null=True)),
                (
                    "entity",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="api_keys", to="doleance.entity"
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("teams", models.ManyToManyField(blank=True, related_name="+", to="doleance.team")),
            ],
            options={
                "verbose_name": "clé d’API",
            },
        ),
        migrations.AlterField(
            model_name="message",
            name="received_from",
            field=models.CharField(
                choices=[
                    ("server", "Date du serveur de messagerie"),
                    ("separator", "Date du fichier mbox"),
                    ("header", "Premier en-tête Received"),
                    ("import", "Date de l’import, faute de mieux"),
                    ("sent", "Date d’envoi"),
                    ("form", "Moment de l’envoi du formulaire"),
                    ("staff", "Moment noté par qui l’a reçue"),
                    ("api", "Moment donné par le programme qui l’a transmise"),
                ],
                max_length=12,
            ),
        ),
        migrations.AlterField(
            model_name="message",
            name="source",
            field=models.CharField(
                choices=[
                    ("import", "Import"),
                    ("imap", "Boîte de messagerie"),
                    ("outbox", "Envoi"),
                    ("form", "Formulaire public"),
                    ("staff", "Saisie par la maison"),
                    ("api", "Autre programme (API)"),
                ],
                max_length=8,
            ),
        ),
        migrations.CreateModel(
            name="KeyUse",
            fields=[
                (
                    "key",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="use",
                        serialize=False,
                        to="doleance.apikey",
                    ),
                ),
                ("minute_at", models.DateTimeField()),
                ("in_minute", models.PositiveIntegerField(default=0)),
                ("day_at", models.DateTimeField()),
                ("in_day", models.PositiveIntegerField(default=0)),
                ("last_at", models.DateTimeField()),
            ],
            options={
                "verbose_name": "usage d’une clé",
            },
        ),
        migrations.CreateModel(
            name="KeyCall",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("fingerprint", models.CharField(max_length=64)),
                ("made_at", models.DateTimeField()),
                (
                    "key",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="doleance.apikey"
                    ),
                ),
            ],
            options={
                "verbose_name": "appel",
            },
        ),
        migrations.AddConstraint(
            model_name="apikey",
            constraint=models.CheckConstraint(
                condition=models.Q(("scopes__len__gte", 1)), name="api_key_opens_something"
            ),
        ),
        migrations.AddConstraint(
            model_name="apikey",
            constraint=models.UniqueConstraint(
                models.F("entity"),
                models.F("name"),
                condition=models.Q(("revoked_at__isnull", True)),
                name="api_key_name_once",
            ),
        ),
        migrations.RunSQL(GUARD, migrations.RunSQL.noop),
    ]
