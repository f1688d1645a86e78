import os
from collections.abc import Iterator

import pytest

from config import celery_app


@pytest.fixture(autouse=True)
def _real_services() -> Iterator[None]:
    if not (os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL")):
        pytest.fail(
            "DATABASE_URL or REDIS_URL is missing; run make test, or .ci/with_services.py pytest", pytrace=False
        )
    celery_app.conf.task_always_eager = False
    yield
    celery_app.conf.task_always_eager = True
