"""A row per judged answer, and the rule that an exam is judged by. The sums that scores hold as JSON are not written
any more; their columns stay for the version before, and are filled from the rows if this is undone."""

import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class AddConstraintForNewRows(AddConstraintNotValid):
    """On SQLite the next but one migration adds it: there it would be checked at once."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor == "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor == "postgresql":
            super().database_backwards(app_label, schema_editor, from_state, to_state)


class Migration(migrations.Migration):
    dependencies = [
        ("exams", "0013_defaults_and_chances"),
        ("questions", "0010_imports_keep_what_was"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="JudgedAnswer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("earned", models.PositiveSmallIntegerField()),
                ("is_scored", models.BooleanField()),
                ("is_first", models.BooleanField(verbose_name="first meeting")),
                (
                    "given",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (1, "answered"),
                            (2, "left blank"),
                            (3, "not reached"),
                            (4, "in an attempt without any answer"),
                        ]
                    ),
                ),
                ("seconds", models.PositiveIntegerField()),
                ("answered_at", models.DateTimeField()),
                (
                    "candidate",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "item",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="judged",
                        to="exams.attemptitem",
                    ),
                ),
                (
                    "question",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="questions.question"
                    ),
                ),
                (
                    "revision",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="questions.revision"
                    ),
                ),
                (
                    "score",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="answers",
                        to="exams.score",
                    ),
                ),
                (
                    "task",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="questions.task"
                    ),
                ),
            ],
            options={
                "ordering": ["score", "item"],
                "indexes": [models.Index(fields=["candidate", "question"], name="answers_of_a_candidate")],
                "constraints": [
                    models.UniqueConstraint(fields=("score", "item"), name="one_judged_answer_per_score"),
                    models.CheckConstraint(
                        condition=models.Q(("earned__lte", 840)), name="answer_earns_at_most_its_point"
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="exam",
            name="scoring_rule",
            field=models.CharField(
                choices=[
                    ("all-or-nothing/linear-2", "all or nothing: a question counts if it is entirely right"),
                    ("partial-credit/linear-2", "part marks: each right option adds, each wrong one takes away"),
                ],
                db_default="all-or-nothing/linear-2",
                default="all-or-nothing/linear-2",
                help_text="For attempts started from now on; those under way and old ones keep their rule. With part "
                "marks, right options add and wrong ones take away, never below nothing for a question.",
                max_length=50,
                verbose_name="a question counts",
            ),
        ),
        migrations.AddField("score", "earned", models.PositiveIntegerField(editable=False, null=True)),
        migrations.AlterField("score", "points", models.JSONField(null=True)),
        migrations.AlterField("score", "domains", models.JSONField(null=True)),
        migrations.AlterField("score", "tasks", models.JSONField(null=True)),
        AddConstraintForNewRows(
            model_name="score",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("earned__isnull", False),
                    ("earned__gte", models.F("correct") * 840),
                    ("earned__lte", models.F("total") * 840),
                ),
                name="score_has_earned_what_it_can",
            ),
        ),
    ]
