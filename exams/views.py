"""The candidate's pages: each translates a request to one service call or a few reads, and back."""

import secrets
from uuid import UUID

from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from exams import queries, services, timing
from exams.access import candidate_required, offered_exam, own_attempt, signed_in
from exams.exceptions import AttemptClosed, ExamRefused, InvalidResponse, StaleAnswer
from exams.forms import read_answer, read_answers, read_seconds
from exams.models import Attempt, AttemptItem
from questions.models import Certification
from questions.queries import chapters_of, previewed, published_counts

# --- Choosing ---------------------------------------------------------------------------------------


@never_cache
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Show a visitor what there is, and a candidate also what is under way and what came of the last exams."""
    certifications = Certification.objects.annotate(
        published=Count("placements", filter=Q(placements__question__status="published"))
    ).order_by("-published", "code")
    context: dict[str, object] = {"certifications": certifications}
    if request.user.is_authenticated:
        services.sweep(now=timezone.now(), candidate=signed_in(request))
        context["attempts"] = queries.attempts_of(signed_in(request), limit=10)
    return render(request, "exams/home.html", context)


@require_GET
def certification_detail(request: HttpRequest, code: str) -> HttpResponse:
    certification = get_object_or_404(Certification.objects.prefetch_related("domains__tasks"), code=code)
    counts = published_counts(certification)
    domains = []
    for domain in certification.domains.all():
        tasks = [(task, counts.get(task.pk, 0)) for task in domain.tasks.all()]
        domains.append((domain, sum(count for _, count in tasks), tasks))
    exams = list(certification.exams.offered().select_related("domain"))
    by_chapter = {exam.chapter: exam for exam in exams if exam.chapter}
    context = {
        "certification": certification,
        "domains": domains,
        "full_exams": [exam for exam in exams if not (exam.domain or exam.chapter)],
        "practices": [exam for exam in exams if exam.domain],
        "chapters": [(chapter, by_chapter.get(chapter.number)) for chapter in chapters_of(certification)],
    }
    return render(request, "exams/certification.html", context)


@never_cache
@require_GET
@candidate_required
def chapter_detail(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """A chapter's questions to read, with key and rationales: those that the candidate has answered before."""
    certification = get_object_or_404(Certification, code=code)
    chapter = next((chapter for chapter in chapters_of(certification) if chapter.number == number), None)
    if chapter is None:
        raise Http404
    answered = queries.answered_in_chapter(signed_in(request), certification, number)
    context = {
        "certification": certification,
        "chapter": chapter,
        "items": [previewed(revision) for revision in answered],
        "hidden": chapter.questions - len(answered),
        "practice": certification.exams.offered().filter(chapter=number).first(),
    }
    return render(request, "exams/chapter.html", context)


@never_cache
@require_GET
@candidate_required
def exam_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """The start screen: what the exam is, and what the clock will do."""
    exam, user, now = offered_exam(slug), signed_in(request), timezone.now()
    services.sweep(now=now, candidate=user)
    refusals = queries.short_domains(exam)
    context = {
        "exam": exam,
        "refusals": refusals,
        "quotas": [] if refusals else queries.exam_quotas(exam),
        "open_attempt": user.attempts.in_progress().filter(exam=exam).first(),
        "is_open": exam.is_open(now),
        "is_over": exam.closes_at is not None and exam.closes_at <= now,
        "minutes": (timing.deadline(now, exam.minutes, user.extra_time_percent) - now).total_seconds() / 60,
    }
    return render(request, "exams/exam.html", context)


@require_POST
@candidate_required
def exam_start(request: HttpRequest, slug: str) -> HttpResponse:
    exam, now = offered_exam(slug), timezone.now()
    services.close_overdue(now=now, candidate=signed_in(request))
    try:
        attempt = services.start_attempt(candidate=signed_in(request), exam=exam, now=now)
    except ExamRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("exams:exam-detail", slug=slug)
    return redirect("exams:attempt", attempt_id=attempt.pk)


# --- Taking -----------------------------------------------------------------------------------------


# 240 KB become 35. BREACH finds nothing here: the page repeats nothing that the request says, its CSRF token is masked
# anew each time, and Django pads what it compresses by a random length.
@gzip_page
@never_cache
@require_GET
@candidate_required
def attempt_page(request: HttpRequest, attempt_id: UUID) -> HttpResponse:
    """All questions in one document; once the attempt is closed, on to its result."""
    attempt, now = own_attempt(request.user, attempt_id), timezone.now()
    if not _is_open(attempt, request):
        return redirect("exams:attempt-result", attempt_id=attempt_id)
    context = {
        "attempt": attempt,
        "items": queries.shown_items(attempt),
        "page": secrets.token_hex(8),
        "remaining": timing.remaining(attempt.deadline_at, now),
    }
    return render(request, "exams/attempt.html", context)


def _is_open(attempt: Attempt, request: HttpRequest) -> bool:
    """Tell whether answers are still taken; an attempt that is overdue is closed here if no sweep has done it."""
    now = timezone.now()
    if attempt.is_in_progress and not timing.is_accepting(attempt.deadline_at, now):
        services.close_overdue(now=now, candidate=signed_in(request))
        return False
    return attempt.is_in_progress


@never_cache
@require_POST
@candidate_required
def answer_save(request: HttpRequest, attempt_id: UUID, position: int) -> HttpResponse:
    """Store one answer. 200 is the only answer that means "saved"; 409 shows both, 410 says that the exam is over."""
    now = timezone.now()
    context = {"attempt_id": attempt_id, "position": position}
    try:
        answer = read_answer(request.POST, position)
        item = services.save_answer(candidate=signed_in(request), attempt_id=attempt_id, answer=answer, now=now)
    except AttemptItem.DoesNotExist:
        raise Http404 from None
    except InvalidResponse as error:
        return HttpResponse(str(error), status=400, content_type="text/plain")
    except AttemptClosed as closed:
        return HttpResponse(str(closed), status=410, content_type="text/plain")
    except StaleAnswer:
        context["item"] = queries.shown_items(own_attempt(request.user, attempt_id), position=position)[0]
        context["mine"] = answer
        return render(request, "exams/_conflict.html", context, status=409)
    context["sequence"] = item.sequence
    context["remaining"] = timing.remaining(item.attempt.deadline_at, now)
    return render(request, "exams/_saved.html", context)


@never_cache
@require_GET
@candidate_required
def attempt_clock(request: HttpRequest, attempt_id: UUID) -> HttpResponse:
    """What a page that was away needs to go on: the time left and a fresh CSRF token. 410 when the exam is over."""
    attempt = own_attempt(request.user, attempt_id)
    if not _is_open(attempt, request):
        return HttpResponse("This exam is over.", status=410, content_type="text/plain")
    remaining = timing.remaining(attempt.deadline_at, timezone.now())
    return JsonResponse({"remaining": remaining, "token": get_token(request)})


@never_cache
@require_http_methods(["GET", "POST"])
@candidate_required
def hand_in(request: HttpRequest, attempt_id: UUID) -> HttpResponse:
    """Save what the page holds; then go back to it, show the summary, or hand in, as the button says."""
    attempt = own_attempt(request.user, attempt_id)
    if not _is_open(attempt, request) and request.method == "GET":
        return redirect("exams:attempt-result", attempt_id=attempt_id)
    if request.method == "GET":
        return render(request, "exams/hand_in.html", _summary(attempt))
    wanted = request.POST.get("then", "submit")
    call = services.submit_attempt if wanted == "submit" else services.save_form
    try:
        saved = call(
            candidate=signed_in(request),
            attempt_id=attempt_id,
            answers=read_answers(request.POST),
            seconds=read_seconds(request.POST),
            now=timezone.now(),
        )
    except InvalidResponse as error:
        return render(request, "exams/refused.html", {"attempt": attempt, "message": str(error)}, status=400)
    except AttemptClosed:
        return redirect("exams:attempt-result", attempt_id=attempt_id)
    if saved.conflicts:
        shown = {item.position: item for item in queries.shown_items(attempt)}
        conflicts = [(shown[answer.position], answer) for answer in saved.conflicts]
        return render(request, "exams/conflicts.html", {"attempt": attempt, "conflicts": conflicts}, status=409)
    if wanted == "submit":
        return redirect("exams:attempt-result", attempt_id=attempt_id)
    if wanted == "review":
        return redirect("exams:attempt-hand-in", attempt_id=attempt_id)
    messages.success(request, "All answers on this page are saved.")
    return redirect("exams:attempt", attempt_id=attempt_id)


def _summary(attempt: Attempt) -> dict[str, object]:
    states = queries.item_states(attempt)
    return {
        "attempt": attempt,
        "total": len(states),
        "unanswered": [state.position for state in states if not state.is_answered],
        "flagged": [state.position for state in states if state.is_flagged],
        "remaining": timing.remaining(attempt.deadline_at, timezone.now()),
    }


# --- Afterwards -------------------------------------------------------------------------------------


@never_cache
@require_GET
@candidate_required
def attempt_result(request: HttpRequest, attempt_id: UUID) -> HttpResponse:
    """The score and the report, as soon as they exist; until then a page that waits for them."""
    attempt = own_attempt(request.user, attempt_id)
    if _is_open(attempt, request):
        return redirect("exams:attempt", attempt_id=attempt_id)
    services.resend_due(now=timezone.now(), candidate=signed_in(request))
    attempt.refresh_from_db(fields=["state", "submitted_at", "closed_by", "scoring_error", "scoring_tries"])
    context: dict[str, object] = {"attempt": attempt}
    score = attempt.scores.filter(is_current=True).first()
    if score:
        context["score"] = score
        context["headline"] = queries.headline(attempt, score)
        rows = queries.report(attempt, score)
        context["rows"] = rows
        context["focus"] = queries.focus(rows)
        context["trend"] = queries.trend(attempt)
        context["scale_width"] = attempt.scale_max - attempt.scale_min
        context["pass_percent"] = 100 * attempt.pass_share
    template = "exams/result.html"
    if request.htmx:  # type: ignore[attr-defined]  # put there by the middleware
        if score:
            # The finished page is a page of its own: load it whole, with its title and focus.
            return HttpResponse(headers={"HX-Refresh": "true"})
        template = "exams/_waiting.html"
    return render(request, template, context)


@never_cache
@require_GET
@candidate_required
def attempt_review(request: HttpRequest, attempt_id: UUID) -> HttpResponse:
    """Every question with key, rationales and references; by wrong, flagged or domain."""
    attempt = own_attempt(request.user, attempt_id)
    score = attempt.scores.filter(is_current=True).first()
    if score is None:
        return redirect("exams:attempt-result", attempt_id=attempt_id)
    everything = queries.reviewed_items(attempt, score.points)
    show, domain = request.GET.get("show", ""), request.GET.get("domain", "")
    items = [
        item
        for item in everything
        if (show != "wrong" or not item.is_right)
        and (show != "flagged" or item.is_flagged)
        and (not domain or str(item.domain_number) == domain)
    ]
    context = {
        "attempt": attempt,
        "score": score,
        "items": items,
        "total": len(everything),
        "hidden": len(score.points) - len(everything),
        "show": show,
        "domain": domain,
        "domains": sorted({(item.domain_number, item.domain_name) for item in everything}),
    }
    return render(request, "exams/review.html", context)


@never_cache
@require_GET
@candidate_required
def history(request: HttpRequest) -> HttpResponse:
    services.sweep(now=timezone.now(), candidate=signed_in(request))
    return render(request, "exams/history.html", {"attempts": queries.attempts_of(signed_in(request))})
