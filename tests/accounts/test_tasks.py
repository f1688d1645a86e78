import datetime as dt

import pytest
from celery.schedules import crontab
from django.conf import settings
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts.tasks import clear_sessions

pytestmark = pytest.mark.django_db


def test_sessions_that_are_over_are_deleted_each_night():
    now = timezone.now()
    for key, days in (("over", -1), ("open", 1)):
        Session.objects.create(session_key=key, session_data="", expire_date=now + dt.timedelta(days=days))
    entry = settings.CELERY_BEAT_SCHEDULE["clear_sessions"]

    clear_sessions.apply()

    assert list(Session.objects.values_list("session_key", flat=True)) == ["open"]
    assert entry["task"] == clear_sessions.name
    assert isinstance(entry["schedule"], crontab)
