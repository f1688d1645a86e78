import inspect
import logging.config
import os
import time
from typing import Any

from celery import Celery, Task, signals

from config import logs, metrics

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.prod")

app = Celery("config")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# --- What a worker says and counts: as web processes do, see config/logs.py and config/metrics.py ------------------


@signals.setup_logging.connect
def log_as_django_does(**kwargs: Any) -> None:
    """Leave Celery's own set-up of logging out; its lines go where all go, from LOG_LEVEL on."""
    from django.conf import settings  # the settings import this module's package

    logging.config.dictConfig(settings.LOGGING)


@signals.before_task_publish.connect
def send_request_id_along(headers: dict[str, Any], **kwargs: Any) -> None:
    headers["request_id"] = logs.current().request_id


@signals.task_prerun.connect
def begin(task: Task, task_id: str, args: Any, kwargs: dict[str, Any], **signal: Any) -> None:
    arguments = inspect.signature(task.run).bind_partial(*args, **kwargs).arguments
    logs.begin_task(
        task_id=task_id,
        attempt_id=arguments.get("attempt_id", ""),
        request_id=getattr(task.request, "request_id", None) or "",
    )
    task.request.began = time.perf_counter()


@signals.task_postrun.connect
def end(task: Task, state: str | None, **signal: Any) -> None:
    metrics.count_task(task.name, state or "FAILURE", time.perf_counter() - task.request.began)
    logs.end_task()
