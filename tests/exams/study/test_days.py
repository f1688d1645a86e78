"""A day of study is the candidate's own day."""

import datetime as dt

import pytest

from exams.study.models import Memory, StudyPlan
from exams.study.services.learning import aim_of
from tests.exams.study.test_practising import check, items_of, start, wrong
from tests.factories import UserFactory, make_exam

pytestmark = pytest.mark.django_db
# Eight in the evening of the 20th in Los Angeles, and already the 21st in UTC.
EVENING = dt.datetime(2026, 11, 21, 4, 0, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("zone", "comes_back"),
    [
        ("America/Los_Angeles", "2026-11-21T08:00:00+00:00"),
        ("UTC", "2026-11-22T00:00:00+00:00"),
        ("Asia/Tokyo", "2026-11-21T15:00:00+00:00"),
        ("Atlantis/Nowhere", "2026-11-22T00:00:00+00:00"),
    ],
)
def test_what_was_missed_comes_back_the_next_day_where_the_candidate_is(zone, comes_back):
    candidate = UserFactory(time_zone=zone)
    practice = start(candidate, make_exam().certification, number=1, now=EVENING)

    check(practice, wrong(items_of(practice)[0]), EVENING)

    assert Memory.objects.get().due_at == dt.datetime.fromisoformat(comes_back)


def test_exam_begins_with_its_day_where_the_candidate_is():
    candidate = UserFactory(time_zone="Asia/Tokyo")

    aim = aim_of(StudyPlan(exam_date=dt.date(2026, 12, 24)), candidate)

    assert aim.exam_at == dt.datetime(2026, 12, 23, 15, 0, tzinfo=dt.UTC)
