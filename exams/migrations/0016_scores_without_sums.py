"""Every score has its answers now. Its sums as JSON go from the models; the columns stay for the version before."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Validate(ValidateConstraint):
    """On SQLite, which has no constraints that hold for new rows only, add it here."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor == "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        model = to_state.apps.get_model(app_label, self.model_name)
        constraint = from_state.models[app_label, self.model_name].get_constraint_by_name(self.name)
        schema_editor.add_constraint(model, constraint)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("exams", "0015_fill_judged_answers")]

    operations = [
        Validate(model_name="score", name="score_has_earned_what_it_can"),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveField("score", "points"),
                migrations.RemoveField("score", "domains"),
                migrations.RemoveField("score", "tasks"),
            ]
        ),
    ]
