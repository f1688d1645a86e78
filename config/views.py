from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views import defaults
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from kombu.exceptions import OperationalError as BrokerError

from config import celery_app
from config.metrics import exposition
from config.refusals import short_after_many
from exams.attempts.views.keeping import after_stale_token

# --- For operators --------------------------------------------------------------------------------------


@never_cache
@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """Answer 200 when this process serves requests; if not, it is to be restarted. Asks nothing of the database."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """Answer 200 when requests may be sent here: the database answers and has all migrations of this code; else 503.

    The broker is named but counts for nothing: exams are taken and handed in without it.
    """
    state = {"database": database_state()}
    is_ready = state["database"] == "ok"
    if is_ready:
        state["broker"] = cache.get_or_set("broker_state", broker_state, timeout=5) or ""
    return JsonResponse(state, status=200 if is_ready else 503)


def database_state() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return "ok" if is_migrated() else "migrations are missing"
    except Error:
        return "unreachable"


def is_migrated() -> bool:
    """Tell whether all migrations of this code are applied. What was once applied stays so while a process lives."""
    if not cache.get("is_migrated"):
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return False
        cache.set("is_migrated", True, timeout=None)
    return True


def broker_state() -> str:
    if celery_app.conf.task_always_eager:
        return "none: tasks run in the web process"
    try:
        with celery_app.connection_for_write() as broker:
            broker.ensure_connection(max_retries=1, interval_start=0, timeout=1)
        return "ok"
    except (BrokerError, OSError):
        return "unreachable"


@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Give Prometheus its numbers for the right token; for anybody else there is no such page."""
    given, wanted = request.headers.get("Authorization", ""), f"Bearer {settings.METRICS_TOKEN}"
    if request.method != "GET" or not settings.METRICS_TOKEN or not constant_time_compare(given, wanted):
        raise Http404
    return HttpResponse(exposition(timezone.now()), content_type="text/plain; version=0.0.4; charset=utf-8")


# --- Refusals -------------------------------------------------------------------------------------------


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 400 as Django does, or 413 to what is too large."""
    is_too_large = isinstance(exception, RequestDataTooBig | TooManyFieldsSent | TooManyFilesSent)
    if response := short_after_many(request, 413 if is_too_large else 400):
        return response
    if not is_too_large:
        return defaults.bad_request(request, exception)
    response = defaults.bad_request(request, exception, template_name="413.html")
    response.status_code = 413
    return response


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return short_after_many(request, 404) or defaults.page_not_found(request, exception)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say what happened and what to do; an exam page reacts to the status and fetches a new token."""
    return after_stale_token(request) or short_after_many(request, 403) or render(request, "403_csrf.html", status=403)
