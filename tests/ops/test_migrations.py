"""The rules of docs/operations.md for migrations of a site that goes on while the old code runs beside the new."""

import pytest
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader

from tests.test_architecture import APPS

OWN = [app for app in APPS if app != "config"]
# Tables that grow with every exam taken, and are written to in every second of one.
LARGE = {"attempt", "attemptitem", "score"}
GONE = (
    migrations.RemoveField,
    migrations.DeleteModel,
    migrations.RenameField,
    migrations.RenameModel,
    migrations.AlterModelTable,
)

# Each with the reason why it harms nobody.
FIRST = "part of the first version that anybody could upgrade to: no site has run the code before it"
ALLOWED = {
    "exams.0002_attempts_newest_first": FIRST,
    "exams.0003_cohorts": FIRST,
    "exams.0004_rescores": FIRST,
    "exams.0005_statistics": FIRST,
    "questions.0002_writing": FIRST,
}


def problems_of(operation, old_field=None):
    """Return why an operation would fail or stop the old code, or lock what candidates write to."""
    name = type(operation).__name__
    on_large = getattr(operation, "model_name", "").lower() in LARGE
    field = getattr(operation, "field", None)
    if isinstance(operation, GONE):
        return [f"{name}: the old code still uses it; remove it one version later"]
    found = []
    if isinstance(operation, migrations.AddField) and not field.many_to_many:
        if not (field.null or field.has_db_default()):
            found.append(f"{name}: rows that the old code inserts lack it; null=True or db_default")
        if on_large and (field.db_index or field.unique):
            found.append(f"{name}: makes an index under a lock; db_index=False, then AddIndexConcurrently")
    if isinstance(operation, migrations.AlterField) and old_field is not None:
        if old_field.null and not field.null and not field.has_db_default():
            found.append(f"{name}: the old code may still write NULL; db_default")
        if on_large and (old_field.get_internal_type(), old_field.db_index) != (
            field.get_internal_type(),
            field.db_index,
        ):
            found.append(f"{name}: rewrites or indexes a large table under a lock; add a new column or index instead")
    if on_large and type(operation) in (migrations.AddIndex, migrations.RemoveIndex):
        found.append(f"{name}: locks a large table; {name}Concurrently, in a migration with atomic = False")
    if on_large and type(operation) is migrations.AddConstraint:
        found.append(f"{name}: reads a large table under a lock; AddConstraintNotValid, then ValidateConstraint")
    return found


def migration_problems(migration, state):
    found, kinds = [], set()
    for operation in migration.operations:
        old_field = None
        if isinstance(operation, migrations.AlterField):
            old_field = state.models[migration.app_label, operation.model_name.lower()].fields[operation.name]
        found += problems_of(operation, old_field)
        kinds.add(isinstance(operation, migrations.RunPython | migrations.RunSQL))
        operation.state_forwards(migration.app_label, state)
    if kinds == {True, False}:
        found.append("changes rows and tables in one transaction: make it two migrations")
    return found


def later_migrations():
    """Return name → (migration, state before it) of all own migrations after each app's first."""
    loader = MigrationLoader(None)
    return {
        f"{app}.{name}": (migration, loader.project_state((app, name), at_end=False))
        for (app, name), migration in sorted(loader.disk_migrations.items())
        if app in OWN and not name.startswith("0001")
    }


LATER = later_migrations()


@pytest.mark.parametrize("name", LATER)
def test_migration_lets_the_old_code_go_on(name):
    migration, state = LATER[name]

    found = migration_problems(migration, state.clone())

    assert found == [] or name in ALLOWED, found


def test_every_exception_is_of_a_migration_that_needs_one():
    needless = [name for name in ALLOWED if not migration_problems(LATER[name][0], LATER[name][1].clone())]

    assert needless == []


# --- The rules above can be broken --------------------------------------------------------------------------------


CHECK = models.CheckConstraint(condition=models.Q(seed__gt=0), name="c")


@pytest.mark.parametrize(
    "operation",
    [
        migrations.RemoveField("exam", "title"),
        migrations.DeleteModel("Exam"),
        migrations.RenameField("exam", "title", "name"),
        migrations.RenameModel("Exam", "Test"),
        migrations.AddField("exam", "x", models.CharField(max_length=5, default="a")),
        migrations.AddField("Attempt", "x", models.ForeignKey("exams.Exam", models.CASCADE, null=True)),
        migrations.AddIndex("attempt", models.Index(fields=["seed"], name="i")),
        migrations.AddConstraint("AttemptItem", CHECK),
    ],
    ids=lambda operation: type(operation).__name__,
)
def test_dangerous_operation_is_found(operation):
    assert len(problems_of(operation)) == 1


@pytest.mark.parametrize(
    ("model", "old", "new"),
    [
        ("exam", models.IntegerField(null=True), models.IntegerField()),
        ("attempt", models.IntegerField(), models.BigIntegerField()),
        ("attempt", models.IntegerField(), models.IntegerField(db_index=True)),
    ],
)
def test_dangerous_change_of_a_field_is_found(model, old, new):
    assert len(problems_of(migrations.AlterField(model, "x", new), old)) == 1


@pytest.mark.parametrize(
    ("operation", "old"),
    [
        (migrations.CreateModel("Other", []), None),
        (migrations.AddField("attempt", "x", models.IntegerField(null=True)), None),
        (migrations.AddField("attempt", "x", models.IntegerField(db_default=0)), None),
        (migrations.AddField("exam", "x", models.ManyToManyField("questions.Tag")), None),
        (migrations.AddIndex("exam", models.Index(fields=["slug"], name="i")), None),
        (migrations.AlterField("attempt", "x", models.CharField(max_length=9)), models.CharField(max_length=5)),
        (migrations.AlterField("exam", "x", models.IntegerField(null=True)), models.IntegerField()),
    ],
    ids=lambda value: type(value).__name__,
)
def test_harmless_operation_is_left_alone(operation, old):
    assert problems_of(operation, old) == []
