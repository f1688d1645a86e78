"""Indexes of large tables for study. PostgreSQL makes them while candidates write."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class AddIndexBesideWriting(AddIndexConcurrently):
    """SQLite knows no such thing and has one writer anyway."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor == "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
        else:
            migrations.AddIndex.database_forwards(self, app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor == "postgresql":
            super().database_backwards(app_label, schema_editor, from_state, to_state)
        else:
            migrations.AddIndex.database_backwards(self, app_label, schema_editor, from_state, to_state)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("exams", "0020_study")]

    operations = [
        AddIndexBesideWriting(
            model_name="score",
            index=models.Index(
                fields=["learn_at"],
                condition=models.Q(("learn_at__isnull", False)),
                name="scores_to_learn_from",
            ),
        ),
        AddIndexBesideWriting(
            model_name="judgedanswer",
            index=models.Index(fields=["candidate", "answered_at"], name="answers_by_day"),
        ),
    ]
