"""A Redis that asks for a password: limits, the readiness check, and workers give the one in REDIS_URL."""

import pytest
import redis

from accounts import limits
from config.views import broker_state
from tests.services.processes import redis_at, wait_until
from tests.services.test_scoring import answered_attempts, hand_in, unscored

pytestmark = pytest.mark.django_db(transaction=True)
PASSWORD, QUOTED = "pass/word@1", "pass%2Fword%401"


@pytest.fixture
def guarded(broker):
    """Let the test's own Redis answer nobody without the password; return its URL with it."""
    with redis.Redis.from_url(broker.url) as client:
        client.config_set("requirepass", PASSWORD)
    url = broker.url.replace("redis://", f"redis://:{QUOTED}@")
    with redis_at(url):
        yield url


def test_redis_refuses_who_names_no_password(guarded, broker):
    with redis.Redis.from_url(broker.url) as client, pytest.raises(redis.AuthenticationError):
        client.ping()


def test_limits_are_counted_in_it(guarded, settings, caplog):
    settings.LIMITS = {"one": "1/minute"}
    answers = [limits.hit("one", "a") is None for _ in range(2)]

    with redis.Redis.from_url(guarded) as client:
        assert len(client.keys("*one*")) == 1
    assert answers == [True, False]
    assert "counted in this process" not in caplog.text


def test_readiness_names_it_ok_with_the_password_and_unreachable_without(guarded, broker):
    with_password = broker_state()
    with redis_at(broker.url):
        without = broker_state()

    assert (with_password, without) == ("ok", "unreachable")


def test_worker_scores_through_it(guarded, celery_worker):
    attempts = answered_attempts(1)
    worker = celery_worker()

    hand_in(attempts)

    wait_until(lambda: unscored() == 0, 30, worker)
