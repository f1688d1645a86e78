from django.db import migrations

from accounts.addresses import normalize_address


def normalize(apps, schema_editor):
    """Give invited addresses their one form. Of two that become one, the older stays."""
    Invitation = apps.get_model("exams", "Invitation")
    seen = set()
    for pk, cohort, email in Invitation.objects.order_by("invited_at", "pk").values_list("pk", "cohort", "email"):
        address = normalize_address(email)
        if (cohort, address) in seen:
            Invitation.objects.filter(pk=pk).delete()
            continue
        seen.add((cohort, address))
    for pk, email in list(Invitation.objects.values_list("pk", "email")):
        if email != normalize_address(email):
            Invitation.objects.filter(pk=pk).update(email=email)  # the field normalizes what it stores


class Migration(migrations.Migration):
    dependencies = [("exams", "0009_addresses")]

    operations = [migrations.RunPython(normalize, migrations.RunPython.noop, elidable=True)]
