"""The public door: drafts, keys and links to follow a file, what a form says beyond a mail, a house's colours."""

import django.db.models.deletion
from django.db import migrations, models

import doleance.kernel.ids

_NEW = ("draft", "draftfile", "followcode", "followlink", "theme", "trackingkey")
GUARD = "; ".join(f"SELECT doleance_guard('doleance_{table}')" for table in _NEW)


class Migration(migrations.Migration):
    dependencies = [
        ("doleance", "0010_frozen_letters"),
    ]

    operations = [
        migrations.CreateModel(
            name="Draft",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=doleance.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("language", models.CharField(default="fr", max_length=8)),
                ("answers", models.JSONField(default=dict)),
                ("origin", models.CharField(blank=True, default="", max_length=64)),
                ("started_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("not_before", models.DateTimeField(null=True)),
                ("submitted_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "brouillon",
            },
        ),
        migrations.CreateModel(
            name="DraftFile",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=doleance.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=255)),
                ("media_type", models.CharField(max_length=127)),
                ("size", models.BigIntegerField()),
                ("sha256", models.CharField(max_length=64)),
                ("data", models.BinaryField()),
                ("added_at", models.DateTimeField()),
            ],
            options={
                "verbose_name": "pièce du brouillon",
            },
        ),
        migrations.CreateModel(
            name="FollowCode",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=doleance.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("asked", models.CharField(max_length=64)),
                ("digest", models.BinaryField(max_length=32)),
                ("made_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("used_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "code de suivi",
            },
        ),
        migrations.CreateModel(
            name="FollowLink",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=doleance.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "purpose",
                    models.CharField(
                        choices=[("receipt", "Adresse du reçu"), ("mail", "Lien d’un courriel")], max_length=8
                    ),
                ),
                ("notice_id", models.UUIDField(null=True)),
                ("digest", models.BinaryField(max_length=32, unique=True)),
                ("made_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "lien de suivi",
            },
        ),
        migrations.CreateModel(
            name="Theme",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=doleance.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("colour", models.CharField(blank=True, default="", max_length=7)),
                ("logo", models.BinaryField(null=True)),
                ("logo_type", models.CharField(blank=True, default="", max_length=20)),
                ("logo_sha256", models.CharField(blank=True, default="", max_length=64)),
            ],
            options={
                "verbose_name": "apparence",
            },
        ),
        migrations.CreateModel(
            name="TrackingKey",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=doleance.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("digest", models.BinaryField(max_length=32, unique=True)),
                ("made_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "clé de suivi",
            },
        ),
        migrations.AddField(
            model_name="complaint",
            name="capacity",
            field=models.CharField(blank=True, default="", max_length=120),
        ),
        migrations.AddField(
            model_name="complaint",
            name="earlier",
            field=models.CharField(blank=True, default="", max_length=200),
        ),
        migrations.AddField(
            model_name="complaint",
            name="mandate_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="complaint",
            name="representative",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="represented", to="doleance.party"
            ),
        ),
        migrations.AddField(
            model_name="entity",
            name="privacy",
            field=models.TextField(blank=True, default=""),
        ),
        migrations.AddField(
            model_name="entity",
            name="slug",
            field=models.SlugField(blank=True, default="", max_length=40),
        ),
        migrations.AddField(
            model_name="grievance",
            name="corrected_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="grievance",
            name="expected",
            field=models.TextField(blank=True, default=""),
        ),
        migrations.AddField(
            model_name="grievance",
            name="facts",
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name="notice",
            name="has_link",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="party",
            name="adaptations",
            field=models.TextField(blank=True, default=""),
        ),
        migrations.AddField(
            model_name="party",
            name="preferred",
            field=models.CharField(
                blank=True,
                choices=[("email", "Courriel"), ("phone", "Téléphone"), ("post", "Courrier")],
                default="",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="party",
            name="reach_when",
            field=models.CharField(blank=True, default="", max_length=200),
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
                ],
                max_length=8,
            ),
        ),
        migrations.AlterField(
            model_name="notice",
            name="purpose",
            field=models.CharField(
                choices=[
                    ("acknowledgement", "Accusé de réception"),
                    ("reply", "Message"),
                    ("final", "Réponse finale"),
                    ("code", "Code de suivi"),
                ],
                max_length=16,
            ),
        ),
        migrations.AddConstraint(
            model_name="entity",
            constraint=models.UniqueConstraint(
                models.F("slug"), condition=models.Q(("slug", ""), _negated=True), name="entity_slug_once"
            ),
        ),
        migrations.AddField(
            model_name="draft",
            name="complaint",
            field=models.OneToOneField(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="draft", to="doleance.complaint"
            ),
        ),
        migrations.AddField(
            model_name="draft",
            name="entity",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="doleance.entity"
            ),
        ),
        migrations.AddField(
            model_name="draftfile",
            name="draft",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="files", to="doleance.draft"
            ),
        ),
        migrations.AddField(
            model_name="followcode",
            name="complaint",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="doleance.complaint"
            ),
        ),
        migrations.AddField(
            model_name="followlink",
            name="complaint",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="follow_links", to="doleance.complaint"
            ),
        ),
        migrations.AddField(
            model_name="theme",
            name="entity",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="theme", to="doleance.entity"
            ),
        ),
        migrations.AddField(
            model_name="trackingkey",
            name="complaint",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="tracking_key", to="doleance.complaint"
            ),
        ),
        migrations.AddIndex(
            model_name="draft",
            index=models.Index(
                models.F("expires_at"), condition=models.Q(("submitted_at__isnull", True)), name="draft_by_end"
            ),
        ),
        migrations.AddIndex(
            model_name="draft",
            index=models.Index(models.F("origin"), models.F("submitted_at"), name="draft_by_origin"),
        ),
        migrations.AddIndex(
            model_name="draft",
            index=models.Index(models.F("submitted_at"), name="draft_by_submission"),
        ),
        migrations.AddConstraint(
            model_name="draft",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("complaint__isnull", True), ("submitted_at__isnull", True)),
                    models.Q(("complaint__isnull", False), ("submitted_at__isnull", False)),
                    _connector="OR",
                ),
                name="draft_sent_names_its_complaint",
            ),
        ),
        migrations.AddIndex(
            model_name="followcode",
            index=models.Index(models.F("asked"), models.F("made_at"), name="follow_code_asked"),
        ),
        migrations.RunSQL(GUARD, migrations.RunSQL.noop),
    ]
