import pytest
import time_machine

from tests.exams.helpers import START


@pytest.fixture
def clock():
    """The time of day, standing at START until the test moves it."""
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller
