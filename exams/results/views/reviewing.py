"""The questions of a scored attempt again: one by one, all on a page to print, and what was missed as a practice."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.access import candidate_required, signed_in
from exams.attempts import timing
from exams.attempts.access import own_attempt
from exams.attempts.models import Attempt
from exams.attempts.queries.taking import shown_items
from exams.attempts.views import keeping
from exams.attempts.views.compressing import compressed_page
from exams.exceptions import PracticeRefused
from exams.problems.models import ProblemReport
from exams.problems.queries import report_of, reports_of
from exams.release.queries import shown_of
from exams.release.shown import Shown, When
from exams.results.queries import outcomes as queries
from exams.results.queries.outcomes import FILTERS, STATES, Outcome
from exams.results.queries.reviewing import reviewed_items
from exams.results.services import retry_misses
from exams.scoring.models import Score
from exams.study.queries.practices import note_of


@dataclass(frozen=True)
class Chip:
    label: object
    count: int
    href: str
    is_current: bool


@dataclass(frozen=True)
class Review:
    """What all these pages know of an attempt whose key is shown: what its candidate looks at, and by which filter."""

    request: HttpRequest
    attempt: Attempt
    score: Score
    shown: Shown
    show: str

    @cached_property
    def outcomes(self) -> list[Outcome]:
        return queries.outcomes_of(self.attempt, self.score)

    @cached_property
    def chosen(self) -> list[Outcome]:
        return queries.chosen(self.outcomes, self.show, self.domain)

    @cached_property
    def domain(self) -> str:
        """The number of the domain to look at, "" for all, also for a domain that the attempt does not have.

        So a page that is compressed repeats nothing that somebody else could have put into its address.
        """
        domain = self.request.GET.get("domain", "")
        return domain if domain in {str(number) for number, _name in queries.domains_of(self.outcomes)} else ""

    @property
    def is_explained(self) -> bool:
        return self.shown.explanations is When.NOW

    def query(self, show: str | None = None) -> str:
        sent = {"show": self.show if show is None else show, "domain": self.domain}
        kept = {name: value for name, value in sent.items() if value}
        return f"?{urlencode(kept)}" if kept else ""

    def chips(self, current: int | None) -> list[Chip]:
        """Return the filters that leave something, with how many. Each leads to the current question if that is one of
        them, else to the first; without a current question it stays on the page."""
        here, chips = queries.in_domain(self.outcomes, self.domain), []
        for name, (label, matches) in FILTERS.items():
            positions = [outcome.position for outcome in here if matches(outcome)]
            if positions or name in {"", self.show}:
                target = current if current in positions else next(iter(positions), current)
                href = f"{'' if current is None else f'../{target}/'}{self.query(name)}"
                chips.append(Chip(label, len(positions), href or "?", name == self.show))
        return chips

    def context(self, current: int | None = None) -> dict[str, object]:
        return {
            "attempt": self.attempt,
            "shown": self.shown,
            "unsaved": keeping.unsaved(self.request, self.attempt),
            "show": self.show,
            "domain": self.domain,
            "domains": queries.domains_of(self.outcomes),
            "chips": self.chips(current),
            "total": len(self.outcomes),
            "hidden": self.score.total + self.score.unscored_total - len(self.outcomes),
            "query": self.query(),
        }


Other = Callable[[HttpRequest, Attempt, Shown], HttpResponse]


def _to_answers(request: HttpRequest, attempt: Attempt, shown: Shown, position: int | None = None) -> HttpResponse:
    anchor = "" if position is None else f"#q{position}"
    return redirect(f"{reverse('exams:attempt-review', args=[attempt.pk])}{anchor}")


def _opened(
    request: HttpRequest, attempt_id: UUID, now: dt.datetime, without_key: Other = _to_answers
) -> Review | HttpResponse:
    """Return the review of the candidate's attempt, or what there is instead of it: without a score, or without the
    key."""
    attempt = own_attempt(signed_in(request), attempt_id, now, with_exam=("exam",))
    score = queries.current_score(attempt)
    if score is None:
        return redirect("exams:attempt-result", attempt_id=attempt_id)
    shown = shown_of(attempt, now, with_score=False)
    if shown.key is not When.NOW:
        return without_key(request, attempt, shown)
    show = request.GET.get("show", "")
    return Review(request, attempt, score, shown, show if show in FILTERS else "")


@never_cache
@require_safe
@candidate_required
def attempt_review(request: HttpRequest, attempt_id: UUID) -> HttpResponse:
    """Lead to the first question of the filter; while the key is not shown, show all answers without it."""
    review = _opened(request, attempt_id, timezone.now(), without_key=_answers)
    if isinstance(review, HttpResponse):
        return review
    if not review.outcomes:
        return redirect("exams:review-all", attempt_id=attempt_id)
    first = (review.chosen or review.outcomes)[0]
    return redirect(reverse("exams:review-question", args=[attempt_id, first.position]) + review.query())


def _answers(request: HttpRequest, attempt: Attempt, shown: Shown) -> HttpResponse:
    # The rows of this page are those of the exam page: they have no field that could tell the key.
    items, show = shown_items(attempt), request.GET.get("show", "")
    context: dict[str, object] = {
        "attempt": attempt,
        "shown": shown,
        "show": show,
        "unsaved": keeping.unsaved(request, attempt),
        "items": [item for item in items if show != "flagged" or item.is_flagged],
        "total": len(items),
    }
    return render(request, "exams/results/answers.html", context)


@never_cache
@require_safe
@candidate_required
@compressed_page
def review_question(request: HttpRequest, attempt_id: UUID, position: int) -> HttpResponse:
    """One question with what the exam shows now: the candidate's own answer, the key, the rationales."""
    review = _opened(request, attempt_id, timezone.now(), without_key=partial(_to_answers, position=position))
    if isinstance(review, HttpResponse):
        return review
    outcome = next((outcome for outcome in review.outcomes if outcome.position == position), None)
    if outcome is None:
        return _absent(review, position)
    [item] = reviewed_items(review.attempt, review.score, [outcome], is_explained=review.is_explained)
    positions = [outcome.position for outcome in review.chosen]
    context = review.context(position) | {
        "item": item,
        "state": STATES[outcome.state],
        "report": report_of(outcome.item_id),
        "report_kinds": ProblemReport.Kind.choices,
        "back": reverse("exams:review-question", args=[attempt_id, position]) + review.query(),
        "note": note_of(signed_in(request), outcome.question_id),
        "chosen": review.chosen,
        "previous": max((other for other in positions if other < position), default=None),
        "next": min((other for other in positions if other > position), default=None),
        "pace": timing.in_seconds(queries.pace_of(review.attempt, review.score)),
        "misses": len(queries.misses(review.outcomes)),
    }
    return render(request, "exams/results/review_question.html", context)


def _absent(review: Review, position: int) -> HttpResponse:
    """A question that is hidden for now, or that there is not."""
    if not 0 < position <= review.score.total + review.score.unscored_total:
        raise Http404
    messages.info(
        review.request,
        _("Question %(position)s is hidden for now: it is part of an exam in progress.") % {"position": position},
    )
    return redirect("exams:attempt-review", attempt_id=review.attempt.pk)


@never_cache
@require_safe
@candidate_required
@compressed_page
def review_all(request: HttpRequest, attempt_id: UUID) -> HttpResponse:
    """All questions of the filter on one page, to print."""
    review = _opened(request, attempt_id, timezone.now())
    if isinstance(review, HttpResponse):
        return review
    items = reviewed_items(review.attempt, review.score, review.chosen, is_explained=review.is_explained)
    reports = reports_of(review.attempt)
    context = review.context() | {"items": [(item, reports.get(item.position)) for item in items]}
    return render(request, "exams/results/review_all.html", context)


@never_cache
@require_POST
@candidate_required
def attempt_retry(request: HttpRequest, attempt_id: UUID) -> HttpResponse:
    """Practise what was missed. While the key is not shown, nobody learns what that was."""
    now = timezone.now()
    review = _opened(request, attempt_id, now)
    if isinstance(review, HttpResponse):
        return review
    try:
        practice = retry_misses(candidate=signed_in(request), attempt=review.attempt, score=review.score, now=now)
    except PracticeRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("exams:attempt-review", attempt_id=attempt_id)
    return redirect(reverse("exams:practice-run", args=[practice.pk]))
