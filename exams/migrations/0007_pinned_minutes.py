"""What attempts began with: the time they had, less what was given later, less their share of extra time."""

from collections import defaultdict

from django.db import migrations, transaction

BATCH = 1000


def minutes_of(seconds, extra_time_percent, exam_minutes, extensions):
    """Return the minutes that an attempt of so many seconds was started with.

    `extensions` are pairs of minutes and reason. Those for a raised percentage are part of the attempt's share, each
    rounded up to a minute: where these could have come from the exam's minutes of today, they did.
    """
    by_percentage = sum(reason.startswith("Extra time is now ") for _, reason in extensions)
    given = sum(minutes for minutes, reason in extensions if not reason.startswith("Extra time is now "))
    own = seconds - 60 * given
    over = own - exam_minutes * 60 * (100 + extra_time_percent) / 100
    if by_percentage and -1 <= over <= 60 * by_percentage + 1:
        return exam_minutes
    return min(max(1, int(own * 100 // (60 * (100 + extra_time_percent)))), 32_767)


def fill(apps, schema_editor):
    Attempt, Extension = apps.get_model("exams", "Attempt"), apps.get_model("exams", "Extension")
    while True:
        with transaction.atomic():
            rows = list(Attempt.objects.filter(minutes=None).select_related("exam").order_by("pk")[:BATCH])
            if not rows:
                return
            given = defaultdict(list)
            extensions = Extension.objects.filter(attempt__in=rows)
            for attempt_id, minutes, reason in extensions.values_list("attempt", "minutes", "reason"):
                given[attempt_id].append((minutes, reason))
            for row in rows:
                seconds = (row.deadline_at - row.started_at).total_seconds()
                row.minutes = minutes_of(seconds, row.extra_time_percent, row.exam.minutes, given[row.pk])
            Attempt.objects.bulk_update(rows, ["minutes"])


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("exams", "0006_members_by_consent")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
