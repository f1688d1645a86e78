import datetime as dt
from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.db import connection

from accounts.models import User

_FIELDS = [field.attname for field in User._meta.concrete_fields]
_COLUMNS = ", ".join(str(field.column) for field in User._meta.concrete_fields)
_READ = f"SELECT {_COLUMNS} FROM accounts_user WHERE id = %s"  # noqa: S608  # column names


class UserBackend(AuthenticationBackend):  # type: ignore[misc]  # allauth has no types
    """allauth's own, but for the SQL of the look-up that every request of a signed-in person makes; see `sessions`.

    The only one: with a second backend each wrong password would cost two hashes.
    """

    def get_user(self, user_id: Any) -> User | None:
        with connection.cursor() as cursor:
            cursor.execute(_READ, [User._meta.pk.get_db_prep_value(user_id, connection)])
            row = cursor.fetchone()
        if row is None:
            return None
        user = User.from_db("default", _FIELDS, [_with_zone(value) for value in row])
        return user if self.user_can_authenticate(user) else None


def _with_zone(value: Any) -> Any:
    """SQLite keeps moments without their zone, which is UTC."""
    return value.replace(tzinfo=dt.UTC) if isinstance(value, dt.datetime) and value.tzinfo is None else value
