"""What there is, what is assigned, and the start of an exam."""

from collections.abc import Callable
from typing import TypeVar

from django.contrib import messages
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.access import candidate_required, signed_in
from exams.attempts import timing
from exams.attempts.access import own_attempts
from exams.attempts.queries.terms import terms_of
from exams.attempts.services import starting as services
from exams.blueprints.queries.fixed_forms import mix_of
from exams.cohorts.access import exam_to_take
from exams.exceptions import ExamRefused
from exams.results.queries.reviewing import answered_in_chapter
from questions.models import Certification
from questions.queries import chapters_of, previewed, published_counts

Result = TypeVar("Result")


def for_a_minute(name: str, count: Callable[[], Result]) -> Result:
    """Count the bank once a minute, not at every visit: that takes longer the larger the bank is."""
    return cache.get_or_set(name, count, 60)  # type: ignore[return-value]


@require_safe
def certification_detail(request: HttpRequest, code: str) -> HttpResponse:
    certification = get_object_or_404(Certification.objects.prefetch_related("domains__tasks"), code=code)
    counts = for_a_minute(f"counts-{certification.pk}", lambda: published_counts(certification))
    chapters = for_a_minute(f"chapters-{certification.pk}", lambda: chapters_of(certification))
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
        "chapters": [(chapter, by_chapter.get(chapter.number)) for chapter in chapters],
    }
    return render(request, "exams/results/certification.html", context)


@never_cache
@require_safe
@candidate_required
def chapter_detail(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """A chapter's questions to read, with key and rationales: those that the candidate has answered before."""
    certification = get_object_or_404(Certification, code=code)
    chapter = next((chapter for chapter in chapters_of(certification) if chapter.number == number), None)
    if chapter is None:
        raise Http404
    answered = answered_in_chapter(signed_in(request), certification, number, timezone.now())
    context = {
        "certification": certification,
        "chapter": chapter,
        "items": [previewed(revision) for revision in answered],
        "hidden": chapter.questions - len(answered),
        "practice": certification.exams.offered().filter(chapter=number).first(),
    }
    return render(request, "exams/results/chapter.html", context)


@never_cache
@require_safe
@candidate_required
def exam_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """The start screen: what the exam is, and what the clock will do."""
    user, now = signed_in(request), timezone.now()
    exam = exam_to_take(user, slug)
    open_attempt = own_attempts(user, now).in_progress().filter(exam=exam).first()
    quotas, refusals = mix_of(exam)
    terms = terms_of(user, exam, now)
    context = {
        "exam": exam,
        "refusals": refusals,
        "quotas": [] if refusals else quotas,
        "open_attempt": open_attempt,
        "terms": terms,
        "is_open": terms.is_open(now),
        "is_over": terms.is_over(now),
        "minutes": (timing.deadline(now, exam.minutes, terms.extra_time_percent) - now).total_seconds() / 60,
    }
    return render(request, "exams/results/exam.html", context)


@require_POST
@candidate_required
def exam_start(request: HttpRequest, slug: str) -> HttpResponse:
    user, now = signed_in(request), timezone.now()
    exam = exam_to_take(user, slug)
    try:
        attempt = services.start_attempt(candidate=user, exam=exam, now=now)
    except ExamRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("exams:exam-detail", slug=slug)
    return redirect("exams:attempt", attempt_id=attempt.pk)
