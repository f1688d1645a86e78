"""How far a cohort is: every member in every assignment, and the cohort by domain."""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import User
from exams.attempts import timing
from exams.attempts.models import Attempt, AttemptItem
from exams.cohorts.models import Accommodation, Assignment, Cohort, FormerMember, Membership
from exams.results.queries.reporting import ReportRow, report_row
from exams.results.tables import Cell
from exams.scoring.models import Score
from exams.scoring.queries import Tallies, Tally, in_table, summed_by_domain, tallies_of
from questions.kinds import kind_of

NOT_STARTED, UNDER_WAY, HANDED_IN, SCORED = "not started", "under way", "handed in", "scored"
MEMBER, LEFT, REMOVED = "member", "left", "removed"
STATES = [NOT_STARTED, UNDER_WAY, HANDED_IN, SCORED]
# What people read for them; the page's addresses keep the codes, so that a bookmark holds in every language.
LABELS = {
    NOT_STARTED: gettext_lazy("not started"),
    UNDER_WAY: gettext_lazy("under way"),
    HANDED_IN: gettext_lazy("submitted"),
    SCORED: gettext_lazy("scored"),
    MEMBER: gettext_lazy("member"),
    LEFT: gettext_lazy("left"),
    REMOVED: gettext_lazy("removed"),
}


@dataclass(frozen=True)
class Progress:
    """One member in one assignment: what the latest attempt is at, and the score that counts, the best one's.

    `remaining` is in seconds; it, `answered` and `asked` are those of an attempt under way. The best is one that
    passed, then the one with the larger share right, whatever scale it was on; of two alike the later one.
    """

    assignment: Assignment
    state: str
    begun: int
    latest: Attempt | None
    remaining: int
    answered: int
    asked: int
    counted: Attempt | None
    score: Score | None
    accommodation: Accommodation | None

    @property
    def state_label(self) -> str:
        return str(LABELS[self.state])


@dataclass(frozen=True)
class MemberProgress:
    """`status` is `member`, `left` or `removed`: whoever has gone stays in the list with what they took."""

    candidate: User
    cells: list[Progress]
    status: str = MEMBER

    @property
    def status_label(self) -> str:
        return str(LABELS[self.status])


def progress(
    cohort: Cohort, now: dt.datetime, *, assignment: Assignment | None = None, candidate: User | None = None
) -> list[MemberProgress]:
    """Return a row a person with a cell an assignment, in the order of both; one of either if asked for.

    People are the members, and those who have gone but have begun one of the assignments. Seven queries, however many.
    """
    assignments = assignments_of(cohort)
    if assignment is not None:
        assignments = [row for row in assignments if row.pk == assignment.pk]
    attempts = _attempts(assignments, candidate)
    people = _people(cohort, attempts, candidate)
    answered, asked = _answered(attempts.values())
    accommodations = {
        (row.assignment_id, row.candidate_id): row for row in Accommodation.objects.filter(assignment__in=assignments)
    }

    def cell(assignment: Assignment, person: User) -> Progress:
        own = attempts[assignment.pk, person.pk]
        latest = own[-1] if own else None
        scored = [(attempt, score) for attempt in own for score in _current(attempt)]
        counted, score = max(scored, key=lambda pair: (*pair[1].rank, pair[0].started_at), default=(None, None))
        is_open = latest is not None and latest.is_in_progress
        return Progress(
            assignment=assignment,
            state=_state(latest),
            begun=len(own),
            latest=latest,
            remaining=timing.remaining(latest.deadline_at, now) if latest and is_open else 0,
            answered=answered[latest.pk] if latest else 0,
            asked=asked[latest.pk] if latest else 0,
            counted=counted,
            score=score,
            accommodation=accommodations.get((assignment.pk, person.pk)),
        )

    return [
        MemberProgress(person, [cell(assignment, person) for assignment in assignments], status)
        for person, status in sorted(people.items(), key=lambda pair: (str(pair[0]).casefold(), pair[0].pk))
    ]


def _people(cohort: Cohort, attempts: Mapping[Any, Sequence[Attempt]], candidate: User | None) -> dict[User, str]:
    """Return who is in the cohort, and who was and has begun something, each with their status."""
    members = Membership.objects.filter(cohort=cohort).select_related("candidate")
    former = FormerMember.objects.filter(cohort=cohort).select_related("candidate")
    if candidate is not None:
        members, former = members.filter(candidate=candidate), former.filter(candidate=candidate)
    # Memberships that ended before former members were kept have left nothing but attempts.
    people = {attempt.candidate: REMOVED for own in attempts.values() for attempt in own}
    people |= {row.candidate: LEFT for row in former if not row.was_removed and row.candidate in people}
    return people | {row.candidate: MEMBER for row in members}


def assignments_of(cohort: Cohort) -> list[Assignment]:
    return list(cohort.assignments.select_related("exam__certification"))


def _attempts(assignments: Sequence[Assignment], candidate: User | None) -> dict[tuple[Any, int], list[Attempt]]:
    """Return the attempts, oldest first, by assignment and candidate, with their current score in `current_scores`."""
    attempts = (
        Attempt.objects.filter(assignment__in=assignments).select_related("candidate").order_by("started_at", "pk")
    )
    if candidate is not None:
        attempts = attempts.filter(candidate=candidate)
    current = Score.objects.filter(is_current=True)
    found: dict[tuple[Any, int], list[Attempt]] = defaultdict(list)
    for attempt in attempts.prefetch_related(Prefetch("scores", current, to_attr="current_scores")):
        found[attempt.assignment_id, attempt.candidate_id].append(attempt)
    return found


def _current(attempt: Attempt) -> list[Score]:
    scores: list[Score] = getattr(attempt, "current_scores", [])
    return scores


def _answered(attempts: Iterable[list[Attempt]]) -> tuple[Counter[Any], Counter[Any]]:
    """Return how many questions are answered and how many asked in each attempt under way: one query."""
    under_way = [attempt.pk for own in attempts for attempt in own if attempt.is_in_progress]
    answered, asked = Counter[Any](), Counter[Any]()
    items = AttemptItem.objects.filter(attempt__in=under_way).order_by()
    rows = items.values_list("attempt", "response", "revision__kind", "revision__choose")
    for attempt_id, response, kind, choose in rows:
        asked[attempt_id] += 1
        answered[attempt_id] += kind_of(kind).is_complete(response, choose)
    return answered, asked


def _state(latest: Attempt | None) -> str:
    if latest is None:
        return NOT_STARTED
    return {Attempt.State.IN_PROGRESS: UNDER_WAY, Attempt.State.SUBMITTED: HANDED_IN}.get(
        Attempt.State(latest.state), SCORED
    )


@dataclass(frozen=True)
class DomainSummary:
    """An assignment by domain, over the attempts that count. Answers of one person hang together, so that the interval
    is rather too narrow for what another cohort would do; for these people's answers it is what the report shows."""

    assignment: Assignment
    people: int
    rows: list[ReportRow]
    unit: str

    @property
    def caption(self) -> str:
        message = ngettext(
            "All answers of %(count)d person, from the attempt that counts",
            "All answers of %(count)d people together, from the attempt that counts for each",
            self.people,
        )
        return message % {"count": self.people}


def by_domain(members: Sequence[MemberProgress]) -> list[DomainSummary]:
    """Add up the domains of the scores that count: one query."""
    counted: dict[Assignment, list[tuple[Attempt, Score]]] = defaultdict(list)
    for member in members:
        for cell in member.cells:
            if cell.counted and cell.score:
                counted[cell.assignment].append((cell.counted, cell.score))
    tallies = tallies_of(score for pairs in counted.values() for _attempt, score in pairs)
    return [
        DomainSummary(
            assignment,
            len(pairs),
            # Marks may have been changed between attempts; the latest one's counts.
            domain_rows(
                max((attempt for attempt, _score in pairs), key=_started),
                [tallies[score.pk] for _attempt, score in pairs],
            ),
            _("points") if any(score.is_partial for _attempt, score in pairs) else _("right"),
        )
        for assignment, pairs in counted.items()
    ]


def _started(attempt: Attempt) -> dt.datetime:
    return attempt.started_at


def domain_rows(attempt: Attempt, tallies: Iterable[Tallies]) -> list[ReportRow]:
    """Return a row a domain over the tallies of some scores, in the domains' order, each by its latest name; the pass
    mark is this attempt's."""
    sums: dict[int, Tally] = defaultdict(Tally)
    names: dict[int, str] = {}
    for of_score in tallies:
        for (number, name), tally in summed_by_domain(of_score).items():
            sums[number] += tally
            names[number] = name
    return [report_row(str(number), names[number], sums[number], attempt.pass_share) for number in sorted(sums)]


def progress_table(members: Sequence[MemberProgress]) -> list[list[Cell]]:
    """Return the header and a row a member and assignment; of each domain the points and how many were asked: one
    query. Points are numbers of right answers, unless an exam gives part marks."""
    cells = [cell for member in members for cell in member.cells]
    scores = [cell.score for cell in cells if cell.score]
    sums = {pk: summed_by_domain(tallies) for pk, tallies in tallies_of(scores).items()}
    codes = sorted(
        {
            (cell.assignment.exam.certification.code, *domain)
            for cell in cells
            if cell.score
            for domain in sums[cell.score.pk]
        }
    )
    unit = _("points") if any(score.is_partial for score in scores) else _("right")
    header = [
        _("name"),
        _("email"),
        _("status"),
        _("exam"),
        _("state"),
        _("attempts"),
        _("started (UTC)"),
        _("submitted (UTC)"),
        _("answered"),
        _("asked"),
    ]
    header += [_("estimate"), _("passed"), unit, _("scored questions"), f"{unit} (%)"]
    for code, number, name in codes:
        domain = f"{code} {number} {name}"
        header += [f"{domain}: {unit}", _("%(domain)s: of") % {"domain": domain}]
    rows: list[list[Cell]] = [list(header)]
    rows += [_table_row(member, cell, codes, sums) for member in members for cell in member.cells]
    return rows


def _table_row(
    member: MemberProgress,
    cell: Progress,
    codes: Sequence[tuple[str, int, str]],
    sums: Mapping[int, Mapping[tuple[int, str], Tally]],
) -> list[Cell]:
    shown, score, exam = cell.counted or cell.latest, cell.score, cell.assignment.exam
    moments = [shown.started_at, shown.submitted_at] if shown else [None, None]
    person = member.candidate
    row: list[Cell] = [person.name, person.email, member.status_label, exam.title, cell.state_label, cell.begun]
    row += [moment.astimezone(dt.UTC).strftime("%Y-%m-%d %H:%M") if moment else None for moment in moments]
    row += [cell.answered, cell.asked] if cell.asked else [None, None]
    if score is None:
        return row + [None] * (5 + 2 * len(codes))
    row += [score.scaled, _("yes") if score.is_passed else _("no")] if not exam.is_practice else [None, None]
    row += [in_table(score.points), score.total, round(float(100 * score.share), 1)]
    for code, number, name in codes:
        tally = sums[score.pk].get((number, name)) if code == exam.certification.code else None
        row += [in_table(tally.points), tally.total] if tally else [None, None]
    return row
