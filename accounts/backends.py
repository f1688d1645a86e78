from typing import Any

from allauth.account.auth_backends import AuthenticationBackend

from accounts.compiled import CompiledRows, Slot
from accounts.models import User

_FIELDS = [field.attname for field in User._meta.concrete_fields]
_read = CompiledRows(lambda: User.objects.filter(pk=Slot("pk", User._meta.pk)).values_list(*_FIELDS))


class UserBackend(AuthenticationBackend):  # type: ignore[misc]  # allauth has no types
    """allauth's own, with a compiled query for the look-up that every request of a signed-in person makes.

    The only one: with a second backend each wrong password would cost two hashes.
    """

    def get_user(self, user_id: Any) -> User | None:
        for row in _read(pk=user_id):
            user = User.from_db("default", _FIELDS, row)
            return user if self.user_can_authenticate(user) else None
        return None
