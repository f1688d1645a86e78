"""Answers that the server could not take, kept until the candidate has seen what became of them.

A page that sends its form after its log-in ended, or after the exam did, gets it back: a signed cookie of that attempt
carries it along, so that nothing of a visitor who is not logged in is stored here. Whoever logs in next sees it only on
pages of the attempt, which are its candidate's alone.
"""

import json
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Concatenate, ParamSpec
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.access import candidate_required, signed_in
from exams.attempts.access import own_attempt
from exams.attempts.forms import read_answers
from exams.attempts.models import Attempt
from exams.attempts.queries import taking as queries
from exams.attempts.queries.taking import Unsaved
from exams.attempts.services.saving import Answer
from exams.exceptions import InvalidResponse

P = ParamSpec("P")

COOKIE = "__Secure-answers" if settings.SESSION_COOKIE_SECURE else "answers"
SECONDS = 24 * 3600
LONGEST = 3800  # of the 4,096 bytes that browsers keep


def browser_key(user_id: object) -> str:
    """Return what marks this person's answers in a browser that others use too; it tells nothing about them."""
    return salted_hmac("answers kept in a browser", str(user_id)).hexdigest()[:16]


def _salt(attempt_id: UUID) -> str:
    return f"answers of {attempt_id}"


def keep(response: HttpResponse, attempt_id: UUID, answers: Sequence[Answer]) -> bool:
    """Let the browser keep these answers for this attempt's pages; tell whether it can."""
    rows = [
        [
            *(answer.position, answer.sequence, answer.chosen, answer.places, int(answer.is_flagged), answer.struck),
            *([answer.text, answer.is_sure] if answer.text or answer.is_sure is not None else []),
        ]
        for answer in answers
        if answer.sequence or answer.given.is_any or answer.is_flagged or answer.struck or answer.is_sure is not None
    ]
    value = signing.dumps(rows, salt=_salt(attempt_id), compress=True)
    if not rows or len(value) > LONGEST:
        return False
    response.set_cookie(
        COOKIE, value, max_age=SECONDS, path=reverse("exams:attempt", args=[attempt_id]), httponly=True, samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )  # fmt: skip
    return True


def kept(request: HttpRequest, attempt_id: UUID) -> list[Answer]:
    """Return the answers that the browser keeps for this attempt."""
    value = request.COOKIES.get(COOKIE, "")
    if not value:
        return []
    try:
        rows = signing.loads(value, salt=_salt(attempt_id), max_age=SECONDS)
    except (signing.BadSignature, json.JSONDecodeError):
        return []
    return [
        Answer(
            position,
            tuple(chosen),
            tuple(places),
            rest[0] if rest else "",
            is_flagged=bool(flag),
            struck=tuple(struck),
            is_sure=rest[1] if len(rest) > 1 else None,
            sequence=sequence,
        )
        for position, sequence, chosen, places, flag, struck, *rest in rows
    ]


def drop(request: HttpRequest, response: HttpResponse, attempt_id: UUID) -> None:
    if COOKIE in request.COOKIES:
        response.delete_cookie(COOKIE, path=reverse("exams:attempt", args=[attempt_id]))


def unsaved(request: HttpRequest, attempt: Attempt) -> list[Unsaved]:
    """Return what the browser keeps of a closed attempt and the server has not."""
    answers = kept(request, attempt.pk)
    return queries.unsaved_of(attempt, answers) if answers else []


# --- Forms whose log-in has ended -------------------------------------------------------------------------------


def _keep_posted(request: HttpRequest, response: HttpResponse, attempt_id: UUID) -> HttpResponse:
    try:
        is_kept = keep(response, attempt_id, read_answers(request.POST))
    except InvalidResponse:
        is_kept = False
    if is_kept:
        messages.warning(request, _("You were logged out before your answers were saved. This browser has kept them."))
    return response


def keeps_answers(
    view: Callable[Concatenate[HttpRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Let the browser keep what a visitor without a log-in sends, while the view asks for the log-in."""

    @wraps(view)
    def wrapper(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        response = view(request, *args, **kwargs)
        if request.method == "POST" and not request.user.is_authenticated and response.status_code == 302:
            return _keep_posted(request, response, _attempt_id(request))
        return response

    return wrapper


def _attempt_id(request: HttpRequest) -> UUID:
    match = request.resolver_match
    attempt_id: UUID = match.kwargs["attempt_id"]  # type: ignore[union-attr]  # a view is running
    return attempt_id


def after_stale_token(request: HttpRequest) -> HttpResponse | None:
    """Answer a hand-in form whose CSRF token a new log-in has replaced: its answers are shown again, to be sent again.

    Nothing is saved by it, and only what the browser says our own page has sent is taken.
    """
    match = request.resolver_match
    is_ours = request.headers.get("Sec-Fetch-Site") == "same-origin"
    if match is None or match.view_name != "exams:attempt-hand-in" or not is_ours:
        return None
    page = reverse("exams:attempt", args=[_attempt_id(request)])
    response = redirect(page) if request.user.is_authenticated else redirect_to_login(page)
    return _keep_posted(request, response, _attempt_id(request))


# --- What was not saved ------------------------------------------------------------------------------------------


@never_cache
@require_POST
@candidate_required
def attempt_unsaved(request: HttpRequest, attempt_id: UUID) -> HttpResponse:
    """Tell the candidate of a closed attempt which of the posted answers did not count; or forget them, once seen.

    204: all of them are saved as they are. 202: the exam is still under way, nothing is lost yet.
    """
    attempt = own_attempt(signed_in(request), attempt_id, timezone.now())
    if "seen" in request.POST:
        response: HttpResponse = redirect("exams:attempt-result", attempt_id=attempt_id)
        drop(request, response, attempt_id)
        return response
    if attempt.is_in_progress:
        return HttpResponse(status=202)
    try:
        rows = queries.unsaved_of(attempt, read_answers(request.POST))
    except InvalidResponse as error:
        return HttpResponse(str(error), status=400, content_type="text/plain")
    if not rows:
        return HttpResponse(status=204)
    return render(request, "exams/_unsaved.html", {"attempt": attempt, "unsaved": rows, "is_elsewhere": True})
