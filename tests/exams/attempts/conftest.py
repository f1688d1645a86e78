import pytest

from tests.exams.helpers import START, client_of
from tests.factories import make_attempt


@pytest.fixture
def attempt(clock):
    return make_attempt(now=START)


@pytest.fixture
def client(attempt):
    """A browser in which the attempt's candidate is logged in."""
    return client_of(attempt.candidate)
