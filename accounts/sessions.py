"""Sessions in the database as Django keeps them, read by a compiled query: every request of a candidate reads one."""

from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts.compiled import CompiledRows, Slot

_read = CompiledRows(
    lambda: Session.objects.filter(
        session_key=Slot("key", Session._meta.get_field("session_key")),
        expire_date__gt=Slot("now", Session._meta.get_field("expire_date")),
    ).values_list("session_data")
)


class SessionStore(db.SessionStore):
    def load(self) -> dict[str, Any]:
        for (data,) in _read(key=self.session_key, now=timezone.now()):
            return self.decode(data)
        self._session_key = None
        return {}
