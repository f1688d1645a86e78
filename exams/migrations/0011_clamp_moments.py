"""Moments that the next migration refuses become the nearest that it takes: from 9999 on nobody's page could show them."""

import datetime as dt

from django.db import migrations

EARLIEST, LATEST = dt.datetime(2000, 1, 1, tzinfo=dt.UTC), dt.datetime(2100, 1, 1, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


def clamp(apps, schema_editor):
    for model, fields in (
        ("Exam", ("opens_at", "closes_at")),
        ("Assignment", ("opens_at", "closes_at")),
        ("Accommodation", ("closes_at",)),
    ):
        for row in apps.get_model("exams", model).objects.only(*fields).iterator():
            old = [getattr(row, name) for name in fields]
            # An opening keeps an hour's distance from the end, a closing from the beginning: it opens before it closes.
            latest = {"opens_at": LATEST - HOUR, "closes_at": LATEST}
            earliest = {"opens_at": EARLIEST, "closes_at": EARLIEST + HOUR}
            new = [
                value if value is None or EARLIEST <= value <= LATEST else earliest[name] if value < EARLIEST else latest[name]
                for name, value in zip(fields, old)
            ]
            if new != old:
                if len(fields) == 2 and None not in new and new[0] >= new[1]:
                    new = [EARLIEST, EARLIEST + HOUR] if old[1] < EARLIEST + HOUR else [LATEST - HOUR, LATEST]
                apps.get_model("exams", model).objects.filter(pk=row.pk).update(**dict(zip(fields, new)))


class Migration(migrations.Migration):
    dependencies = [("exams", "0010_normalize_addresses")]

    operations = [migrations.RunPython(clamp, migrations.RunPython.noop)]
