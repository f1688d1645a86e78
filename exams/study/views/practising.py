"""A practice under way: one question a page, answers saved by the rules of exams, checks, and the result."""

import secrets
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.access import candidate_required, signed_in
from exams.attempts import timing
from exams.attempts.forms import read_answer
from exams.attempts.services.saving import Answer
from exams.attempts.views import keeping
from exams.exceptions import AttemptClosed, InvalidResponse, PracticeRefused, StaleAnswer
from exams.study.access import own_practice
from exams.study.models import Practice, PracticeItem
from exams.study.queries.practices import (
    Place,
    asked_item,
    explained_item,
    in_words,
    missed_questions,
    note_of,
    places_of,
    result_rows,
)
from exams.study.services.practising import (
    Chosen,
    Reason,
    check_answer,
    finish_practice,
    save_practice_answer,
    start_practice,
)

FEEDBACK = Practice.Feedback
TITLE_LENGTH = 100


@never_cache
@require_safe
@candidate_required
def practice_run(request: HttpRequest, practice_id: UUID) -> HttpResponse:
    """Go to the first question that is open; once there is none, to the result."""
    user, now = signed_in(request), timezone.now()
    practice = own_practice(user, practice_id, now)
    if practice.finished_at is None:
        places = places_of(practice)
        if all(place.is_checked for place in places):
            finish_practice(candidate=user, practice_id=practice_id, now=now)
        elif opened := _first_open(practice, places):
            return redirect("exams:practice-question", practice_id=practice_id, position=opened.position)
    return redirect("exams:practice-result", practice_id=practice_id)


def _first_open(practice: Practice, places: list[Place]) -> Place | None:
    """Return the first question to be answered, or checked; what an exam under way asks waits until the last."""
    open_places = [place for place in places if not place.is_checked and not place.is_held]
    if practice.feedback == FEEDBACK.END:
        return next((place for place in open_places if not place.is_answered), None)
    return open_places[0] if open_places else next((place for place in places if not place.is_checked), None)


# --- A question -------------------------------------------------------------------------------------------------------


@never_cache
@require_safe
@candidate_required
def practice_question(request: HttpRequest, practice_id: UUID, position: int) -> HttpResponse:
    """A question: to be answered, and without its key; once it was checked, explained."""
    practice = own_practice(signed_in(request), practice_id, timezone.now())
    return _question_page(request, practice, position)


def _question_page(
    request: HttpRequest,
    practice: Practice,
    position: int,
    *,
    mine: Answer | None = None,
    is_stale: bool = False,
    error: str = "",
    status: int = 200,
) -> HttpResponse:
    """Show the question; with the answer that a page holds, `mine`, where it was not taken. `is_stale`: because
    another page has saved a newer one, which is shown beside it."""
    places = places_of(practice)
    if not 0 < position <= len(places):
        raise Http404
    place = places[position - 1]
    context: dict[str, Any] = {
        "practice": practice,
        "places": places,
        "place": place,
        "position": position,
        "total": len(places),
        "done": sum(one.is_checked if practice.feedback == FEEDBACK.EACH else one.is_answered for one in places),
        "next": position + 1 if position < len(places) else None,
        "is_open": not place.is_checked and practice.finished_at is None,
        "is_each": practice.feedback == FEEDBACK.EACH,
        "remaining": _remaining(practice),
        "error": error,
        "is_fragment": bool(request.htmx),  # type: ignore[attr-defined]  # put there by the middleware
    }
    if place.is_explained:
        explained = explained_item(practice, position)
        is_due_later = explained.due_at is not None and explained.due_at > timezone.now()
        context |= {"explained": explained, "is_due_later": is_due_later}
        context["note"] = note_of(practice.candidate, explained.question_id)
    else:
        asked = asked_item(practice, position)
        context |= {"asked": asked, "item": asked.item, "page": secrets.token_hex(8)}
        context["owner"] = keeping.browser_key(practice.candidate_id)
        if mine is not None and context["is_open"]:
            kept = asked.item.as_kept(mine)
            sequence = asked.item.sequence if is_stale else mine.sequence
            context |= {"item": replace(kept, sequence=sequence), "is_kept": True, "is_stale": is_stale}
    template = "_page" if context["is_fragment"] else "question"
    return render(request, f"exams/study/{template}.html", context, status=status)


def _remaining(practice: Practice) -> int | None:
    """Return the seconds that are left; None: without a clock, or over."""
    if practice.deadline_at is None or practice.finished_at is not None:
        return None
    return timing.remaining(practice.deadline_at, timezone.now())


@never_cache
@require_POST
@candidate_required
def practice_answer(request: HttpRequest, practice_id: UUID, position: int) -> HttpResponse:
    """Store one answer, by the rules of exams: 200 means "saved", 409 shows both, 410 says that it is closed.

    Without a script a saved answer leads to the next question.
    """
    user, now = signed_in(request), timezone.now()
    try:
        answer = read_answer(request.POST, position)
        item = save_practice_answer(candidate=user, practice_id=practice_id, answer=answer, now=now)
    except PracticeItem.DoesNotExist:
        raise Http404 from None
    except InvalidResponse as error:
        return HttpResponse(str(error), status=400, content_type="text/plain")
    except AttemptClosed as closed:
        return _closed(request, practice_id, str(closed))
    except StaleAnswer:
        practice = own_practice(user, practice_id, now)
        if not request.htmx:  # type: ignore[attr-defined]  # put there by the middleware
            return _question_page(request, practice, position, mine=answer, is_stale=True, status=409)
        item_there = asked_item(practice, position).item
        mine = item_there.with_answer(answer.given, answer.sequence)
        context = {"position": position, "item": item_there, "mine": mine}
        return render(request, "exams/attempts/_conflict.html", context, status=409)
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect(_after(item))
    deadline_at = item.practice.deadline_at
    remaining = timing.remaining(deadline_at, now) if deadline_at else None
    saved = {"position": position, "sequence": item.sequence, "remaining": remaining}
    return HttpResponse(render_to_string("exams/attempts/_saved.jinja", saved, using="jinja2"))


def _after(item: PracticeItem) -> str:
    """Return where saving leads without a script: the next question, after the last one to what is open."""
    following = PracticeItem.objects.filter(practice=item.practice_id, position=item.position + 1)
    if following.exists():
        return reverse("exams:practice-question", args=[item.practice_id, item.position + 1])
    return reverse("exams:practice-run", args=[item.practice_id])


def _closed(request: HttpRequest, practice_id: UUID, message: str) -> HttpResponse:
    if request.htmx:  # type: ignore[attr-defined]  # put there by the middleware
        return HttpResponse(message, status=410, content_type="text/plain")
    messages.warning(request, message)
    return redirect("exams:practice-run", practice_id=practice_id)


@never_cache
@require_POST
@candidate_required
def practice_check(request: HttpRequest, practice_id: UUID, position: int) -> HttpResponse:
    """Store the answer, lock it and show what is right. What is refused says why, and loses no answer."""
    user, now = signed_in(request), timezone.now()
    answer: Answer | None = None
    try:
        answer = read_answer(request.POST, position)
        check_answer(candidate=user, practice_id=practice_id, answer=answer, now=now)
    except PracticeItem.DoesNotExist:
        raise Http404 from None
    except AttemptClosed as closed:
        return _closed(request, practice_id, str(closed))
    except (InvalidResponse, StaleAnswer, PracticeRefused) as refusal:
        return _not_checked(request, practice_id, position, answer, refusal)
    return redirect("exams:practice-question", practice_id=practice_id, position=position)


def _not_checked(
    request: HttpRequest, practice_id: UUID, position: int, answer: Answer | None, refusal: Exception
) -> HttpResponse:
    """Say why: 400 what is wrong with the answer, 409 that another page saved another one, 423 that it has to wait.

    The page's script holds the answer and is told the reason alone; a page without one gets its answer back. What has
    to wait is saved.
    """
    user, now, is_stale = signed_in(request), timezone.now(), isinstance(refusal, StaleAnswer)
    practice = own_practice(user, practice_id, now)
    status = 409 if is_stale else 400
    if isinstance(refusal, PracticeRefused) and answer is not None:
        try:
            save_practice_answer(candidate=user, practice_id=practice_id, answer=answer, now=now)
        except (StaleAnswer, InvalidResponse) as other:
            return _not_checked(request, practice_id, position, answer, other)
        except AttemptClosed as closed:
            return _closed(request, practice_id, str(closed))
        status, answer = 423, None
    if request.htmx:  # type: ignore[attr-defined]  # put there by the middleware
        return HttpResponse(str(refusal), status=status, content_type="text/plain")
    return _question_page(
        request, practice, position, mine=answer, is_stale=is_stale, error=str(refusal), status=status
    )


@never_cache
@require_safe
@candidate_required
def practice_clock(request: HttpRequest, practice_id: UUID) -> HttpResponse:
    """What a page that was away needs to go on: the time left, null without a clock, and a fresh CSRF token."""
    practice = own_practice(signed_in(request), practice_id, timezone.now())
    if practice.finished_at:
        return HttpResponse(_("This practice is over."), status=410, content_type="text/plain")
    return JsonResponse({"remaining": _remaining(practice), "token": get_token(request)})


# --- The end ----------------------------------------------------------------------------------------------------------


@require_POST
@candidate_required
def practice_finish(request: HttpRequest, practice_id: UUID) -> HttpResponse:
    user, now = signed_in(request), timezone.now()
    own_practice(user, practice_id, now)
    finish_practice(candidate=user, practice_id=practice_id, now=now)
    return redirect("exams:practice-result", practice_id=practice_id)


@never_cache
@require_safe
@candidate_required
def practice_result(request: HttpRequest, practice_id: UUID) -> HttpResponse:
    """What came of each question; before the end what is still open, and the way to end it."""
    practice = own_practice(signed_in(request), practice_id, timezone.now())
    if practice.finished_at is None:
        return render(request, "exams/study/summary.html", _summary(practice))
    rows = result_rows(practice)
    known = [row.place for row in rows if row.place.points is not None]
    context = {
        "practice": practice,
        "rows": rows,
        "known": len(known),
        "right": sum(not place.is_missed for place in known),
        "misses": sum(place.is_missed for place in known),
        "held": sum(row.place.is_held for row in rows),
        "time": in_words(sum(row.seconds for row in rows)),
    }
    return render(request, "exams/study/result.html", context)


def _summary(practice: Practice) -> dict[str, object]:
    places = places_of(practice)
    is_each = practice.feedback == FEEDBACK.EACH
    return {
        "practice": practice,
        "total": len(places),
        "is_each": is_each,
        "open": [place.position for place in places if not (place.is_checked if is_each else place.is_answered)],
        "flagged": [place.position for place in places if place.is_flagged and not place.is_checked],
        "remaining": _remaining(practice),
    }


@require_POST
@candidate_required
def practice_retry(request: HttpRequest, practice_id: UUID) -> HttpResponse:
    """Practise again what was not right."""
    user, now = signed_in(request), timezone.now()
    practice = own_practice(user, practice_id, now)
    missed = missed_questions(practice) if practice.finished_at else []
    title = _("Missed in “%(title)s”") % {"title": practice.title}
    try:
        again = start_practice(
            candidate=user,
            certification=practice.certification,
            chosen=[Chosen(question_id, Reason.MISSED) for question_id in missed],
            title=title if len(title) <= TITLE_LENGTH else practice.title,
            now=now,
        )
    except PracticeRefused:
        messages.error(request, _("There is nothing to retry now."))
        return redirect("exams:practice-result", practice_id=practice_id)
    return redirect("exams:practice-run", practice_id=again.pk)
