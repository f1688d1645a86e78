"""An exam under way: its page, its answers, its clock and its hand-in."""

import secrets
from collections.abc import Sequence
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import candidate_required, signed_in
from exams.attempts import timing
from exams.attempts.access import own_attempt
from exams.attempts.forms import read_answer, read_answers, read_seconds
from exams.attempts.models import Attempt, AttemptItem
from exams.attempts.queries import taking as queries
from exams.attempts.services.closing import submit_attempt
from exams.attempts.services.saving import Answer, save_answer, save_form
from exams.attempts.views import keeping
from exams.attempts.views.compressing import compressed_page
from exams.exceptions import AttemptClosed, InvalidResponse, StaleAnswer


# BREACH finds nothing here: the page repeats nothing that the request says, and its CSRF token is masked differently
# each time.
@compressed_page
@never_cache
@require_safe
@candidate_required
def attempt_page(request: HttpRequest, attempt_id: UUID) -> HttpResponse:
    """All questions in one document; once the attempt is closed, on to its result."""
    now = timezone.now()
    attempt = own_attempt(signed_in(request), attempt_id, now, with_exam=("exam",))
    if not attempt.is_in_progress:
        return redirect("exams:attempt-result", attempt_id=attempt_id)
    items, unsaved = queries.shown_items(attempt), keeping.kept(request, attempt_id)
    if unsaved:
        items = queries.with_answers(items, unsaved)
    context = {
        "attempt": attempt,
        "items": items,
        "unsaved": {answer.position for answer in unsaved},
        "owner": keeping.browser_key(request.user.pk),
        "page": secrets.token_hex(8),
        "remaining": timing.remaining(attempt.deadline_at, now),
    }
    return render(request, "exams/attempts/attempt.html", context)


@never_cache
@require_POST
@candidate_required
def answer_save(request: HttpRequest, attempt_id: UUID, position: int) -> HttpResponse:
    """Store one answer. 200 is the only answer that means "saved"; 409 shows both, 410 says that the exam is over."""
    now = timezone.now()
    try:
        answer = read_answer(request.POST, position)
        item = save_answer(candidate=signed_in(request), attempt_id=attempt_id, answer=answer, now=now)
    except AttemptItem.DoesNotExist:
        raise Http404 from None
    except InvalidResponse as error:
        return HttpResponse(str(error), status=400, content_type="text/plain")
    except AttemptClosed as closed:
        return HttpResponse(str(closed), status=410, content_type="text/plain")
    except StaleAnswer:
        (item_there,) = queries.shown_items(own_attempt(signed_in(request), attempt_id, now), position=position)
        mine = item_there.with_answer(answer.given, answer.sequence)
        context = {"attempt_id": attempt_id, "position": position, "item": item_there, "mine": mine}
        return render(request, "exams/attempts/_conflict.html", context, status=409)
    remaining = timing.remaining(item.attempt.deadline_at, now)
    saved = {"position": position, "sequence": item.sequence, "remaining": remaining}
    # Without the request: no context processor has anything to add, and this is what is answered most often.
    response = HttpResponse(render_to_string("exams/attempts/_saved.jinja", saved, using="jinja2"))
    keeping.drop(request, response, attempt_id)  # the page's script keeps what it has not sent yet
    return response


@never_cache
@require_safe
@candidate_required
def attempt_clock(request: HttpRequest, attempt_id: UUID) -> HttpResponse:
    """What a page that was away needs to go on: the time left and a fresh CSRF token. 410 when the exam is over."""
    now = timezone.now()
    attempt = own_attempt(signed_in(request), attempt_id, now)
    if not attempt.is_in_progress:
        return HttpResponse(_("This exam is over."), status=410, content_type="text/plain")
    remaining = timing.remaining(attempt.deadline_at, now)
    return JsonResponse({"remaining": remaining, "token": get_token(request)})


@never_cache
@require_http_methods(["GET", "POST"])
@keeping.keeps_answers
@candidate_required
def hand_in(request: HttpRequest, attempt_id: UUID) -> HttpResponse:
    """Save what the page holds; then go back to it, show the summary, or hand in, as the button says."""
    attempt = own_attempt(signed_in(request), attempt_id, timezone.now())
    if not attempt.is_in_progress and request.method == "GET":
        return redirect("exams:attempt-result", attempt_id=attempt_id)
    if request.method == "GET":
        if keeping.kept(request, attempt_id):  # back from a log-in that interrupted a hand-in
            return redirect("exams:attempt", attempt_id=attempt_id)
        return render(request, "exams/attempts/hand_in.html", _summary(attempt))
    return _saved_form(request, attempt)


def _saved_form(request: HttpRequest, attempt: Attempt) -> HttpResponse:
    attempt_id, wanted = attempt.pk, request.POST.get("then", "submit")
    call = submit_attempt if wanted == "submit" else save_form
    try:
        answers = read_answers(request.POST)
        saved = call(
            candidate=signed_in(request),
            attempt_id=attempt_id,
            answers=answers,
            seconds=read_seconds(request.POST),
            now=timezone.now(),
        )
    except InvalidResponse as error:
        return render(request, "exams/attempts/refused.html", {"attempt": attempt, "message": str(error)}, status=400)
    except AttemptClosed:
        return _closed(attempt, answers)
    if saved.is_refused:
        shown = {item.position: item for item in queries.shown_items(attempt)}
        context = {
            "attempt": attempt,
            "wanted": wanted,
            "conflicts": queries.beside(shown, saved.conflicts),
            "too_many": queries.beside(shown, saved.too_many),
        }
        response = render(request, "exams/attempts/conflicts.html", context, status=409 if saved.conflicts else 400)
    elif wanted == "submit":
        return _closed(attempt, answers)
    elif wanted == "review":
        response = redirect("exams:attempt-hand-in", attempt_id=attempt_id)
    else:
        messages.success(request, _("All answers on this page are saved."))
        response = redirect("exams:attempt", attempt_id=attempt_id)
    keeping.drop(request, response, attempt_id)
    return response


def _closed(attempt: Attempt, answers: Sequence[Answer]) -> HttpResponse:
    """Go to the result, which names what of these answers came too late."""
    response = redirect("exams:attempt-result", attempt_id=attempt.pk)
    late = {row.position for row in queries.unsaved_of(attempt, answers)} if answers else set()
    keeping.keep(response, attempt.pk, [answer for answer in answers if answer.position in late])
    return response


def _summary(attempt: Attempt) -> dict[str, object]:
    states = queries.item_states(attempt)
    return {
        "attempt": attempt,
        "total": len(states),
        "unanswered": [state.position for state in states if not state.is_answered and not state.is_incomplete],
        "incomplete": [state.position for state in states if state.is_incomplete],
        "flagged": [state.position for state in states if state.is_flagged],
        "remaining": timing.remaining(attempt.deadline_at, timezone.now()),
    }
