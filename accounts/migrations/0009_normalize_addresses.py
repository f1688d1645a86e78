import logging

from django.db import migrations

from accounts.addresses import normalize_address

logger = logging.getLogger(__name__)


def normalize_users(apps, schema_editor):
    """Give the addresses of accounts their one form. An account whose form another one has is left to an operator."""
    User = apps.get_model("accounts", "User")
    taken = set(User.objects.values_list("email", flat=True))
    for pk, email, name in list(User.objects.order_by("joined_at", "pk").values_list("pk", "email", "name")):
        address, one_line = normalize_address(email), " ".join(name.split())
        if one_line != name:
            User.objects.filter(pk=pk).update(name=one_line)
        if address == email:
            continue
        if address in taken:
            logger.warning("account %s: another account has its address in another spelling", pk)
            continue
        User.objects.filter(pk=pk).update(email=address)
        taken.add(address)


def normalize_rows(apps, schema_editor):
    """Do the same for addresses. Of two rows of one account that become one, the older stays, verified if either was."""
    EmailAddress = apps.get_model("account", "EmailAddress")
    for row in list(EmailAddress.objects.order_by("pk")):
        address = normalize_address(row.email)
        if address == row.email:
            continue
        same = EmailAddress.objects.filter(email=address).exclude(pk=row.pk)
        twin = same.filter(user=row.user_id).first()
        if row.verified and same.filter(verified=True).exclude(user=row.user_id).exists():
            logger.warning("address row %s: another account has verified it in another spelling", row.pk)
            continue
        if twin:
            twin.delete()
            row.verified, row.primary = row.verified or twin.verified, row.primary or twin.primary
        row.email = address
        row.save()


class Migration(migrations.Migration):
    dependencies = [("accounts", "0008_extra_time"), ("account", "0009_emailaddress_unique_primary_email")]

    operations = [
        migrations.RunPython(normalize_users, migrations.RunPython.noop, elidable=True),
        migrations.RunPython(normalize_rows, migrations.RunPython.noop, elidable=True),
    ]
