"""Sessions in the database as Django keeps them, read in plain SQL: every request of a candidate reads one, and to make
that SQL again costs three times what the database takes to run it (docs/performance.md)."""

from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone

_READ = "SELECT session_data FROM django_session WHERE session_key = %s AND expire_date > %s"
_EXPIRES = Session._meta.get_field("expire_date")


class SessionStore(db.SessionStore):
    def load(self) -> dict[str, Any]:
        now = _EXPIRES.get_db_prep_value(timezone.now(), connection)
        with connection.cursor() as cursor:
            cursor.execute(_READ, [self.session_key, now])
            row = cursor.fetchone()
        # What becomes of a key that leads nowhere is for Django to say.
        return self.decode(row[0]) if row else super().load()
