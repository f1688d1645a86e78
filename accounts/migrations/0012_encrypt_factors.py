from allauth.mfa.utils import decrypt, encrypt
from django.db import migrations


def convert(apps, change):
    factors = apps.get_model("mfa", "Authenticator").objects
    for factor in factors.select_for_update().filter(type__in=["totp", "recovery_codes"]):
        for name in ("secret", "seed"):
            if name in factor.data:
                factor.data[name] = change(factor.data[name])
        factor.save(update_fields=["data"])


def encrypt_all(apps, schema_editor):
    convert(apps, lambda text: encrypt(decrypt(text)))


def decrypt_all(apps, schema_editor):
    convert(apps, decrypt)


class Migration(migrations.Migration):
    """The secrets of second factors were kept as they are; from here on they are encrypted."""

    dependencies = [
        ("accounts", "0011_used_totp_steps"),
        ("mfa", "0003_authenticator_type_uniq"),
    ]

    operations = [migrations.RunPython(encrypt_all, decrypt_all)]
