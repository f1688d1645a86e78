"""How long a session lasts, that of somebody who may enter the admin less long; none ends in the middle of an exam."""

from collections.abc import Callable, Iterable
from typing import Any

from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit, services
from accounts.access import LOGGED_IN_AT
from accounts.models import User
from exams.attempts.models import Attempt

SEEN_AT = "seen_at"
# Being seen is written down once in so many seconds, not with every request.
BETWEEN_MARKS = 60


class UserSessionsAdapter(DefaultUserSessionsAdapter):  # type: ignore[misc]  # allauth has no types
    def end_sessions(self, sessions: Iterable[Any]) -> None:
        """End the others of this person, also those that are on no list."""
        super().end_sessions(sessions)
        if user := audit.actor():
            services.end_sessions(user=user, reason="ended from the list")


def session_limits_middleware(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    def middleware(request: HttpRequest) -> HttpResponse:
        # `session` first: an anonymous visitor without a session costs no query.
        if request.session.session_key and request.user.is_authenticated:
            _keep_or_end(request, request.user)
        return get_response(request)

    return middleware


def _keep_or_end(request: HttpRequest, user: User) -> None:
    now = timezone.now().timestamp()
    began = request.session.get(LOGGED_IN_AT, 0)
    longest = settings.STAFF_SESSION_SECONDS if user.is_staff else settings.CANDIDATE_SESSION_SECONDS
    seen = max(began, request.session.get(SEEN_AT, 0)) if user.is_staff else now
    if now - began < longest and now - seen < settings.STAFF_IDLE_SECONDS:
        # What a page asks by itself is no sign that anybody sits in front of it.
        if now - seen >= BETWEEN_MARKS and not (request.method == "GET" and "HX-Request" in request.headers):
            request.session[SEEN_AT] = now
        return
    # An attempt that is over no longer counts, though nothing may have closed it yet.
    is_sitting = Attempt.objects.in_progress().filter(candidate=user, deadline_at__gt=timezone.now()).exists()
    if is_sitting and not request.path.startswith(reverse("admin:index")):
        return
    reason = "not used" if now - began < longest else "its time was over"
    audit.record("session.ended", by=user, target=user, after={"reason": reason})
    logout(request)
    messages.info(request, _("You were logged out for your security. Please log in again."))
