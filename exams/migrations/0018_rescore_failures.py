import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("exams", "0017_computed_statistics")]

    operations = [
        migrations.CreateModel(
            name="RescoreFailure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("tries", models.PositiveSmallIntegerField()),
                ("tried_at", models.DateTimeField()),
                ("error", models.TextField()),
                (
                    "attempt",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="exams.attempt"
                    ),
                ),
                (
                    "rescore",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="failures", to="exams.rescore"
                    ),
                ),
            ],
            options={
                "ordering": ["tried_at", "pk"],
                "constraints": [
                    models.UniqueConstraint(fields=("rescore", "attempt"), name="one_failure_per_rescore")
                ],
            },
        ),
    ]
