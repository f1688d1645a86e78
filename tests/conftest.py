import os
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.core.cache import cache

from config import celery_app
from tests.services.processes import redis_at


def pytest_configure(config: pytest.Config) -> None:
    # Tests call tasks in process, with Redis or without; only tests/services sends them to workers.
    celery_app.conf.task_always_eager = True
    if settings.REDIS_URL:
        # Tests that run side by side need a queue each.
        number = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
        own = ExitStack()
        own.enter_context(redis_at(urlsplit(settings.REDIS_URL)._replace(path=f"/{number}").geturl()))
        config.add_cleanup(own.close)


def pytest_report_header() -> str:
    engine = settings.DATABASES["default"]["ENGINE"].rpartition(".")[2]
    return f"database: {engine}, Redis: {'yes' if settings.REDIS_URL else 'no'}"


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    cache.clear()
