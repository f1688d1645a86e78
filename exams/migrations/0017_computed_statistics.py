"""Statistics are computed from the judged answers. The row that counting took turns at goes from the models; its table
stays for the version before."""

from django.db import migrations, models

COMPUTED = {
    "counted": models.PositiveIntegerField(default=0, db_default=0, editable=False),
    "waiting": models.PositiveIntegerField(default=0, db_default=0, editable=False),
    "computed_at": models.DateTimeField(null=True, editable=False),
    "tried_at": models.DateTimeField(null=True, editable=False),
    "tries": models.PositiveSmallIntegerField(default=0, db_default=0, editable=False),
    "error": models.TextField(blank=True, default="", db_default="", editable=False),
}


class Migration(migrations.Migration):
    dependencies = [("exams", "0016_scores_without_sums")]

    operations = [
        *(
            migrations.AddField(model, name, field)
            for model in ("questionstatistics", "examstatistics")
            for name, field in COMPUTED.items()
        ),
        migrations.AddField("examstatistics", "squares", models.JSONField(null=True, editable=False)),
        migrations.AddIndex(
            "questionstatistics",
            models.Index(
                fields=["waiting"], condition=models.Q(("waiting__gt", 0)), name="questions_to_compute"
            ),
        ),
        migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel("Counting")]),
    ]
