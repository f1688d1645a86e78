import datetime as dt
from collections import Counter

import pytest

from exams.attempts import timing
from exams.attempts.models import Attempt, AttemptItem
from exams.attempts.queries.meeting import met_by
from exams.attempts.queries.terms import Terms
from exams.attempts.services.starting import start_attempt
from exams.blueprints import services
from exams.blueprints.assembly import Quota
from exams.blueprints.models import Exam
from exams.blueprints.queries.drawing import bank_of, exam_quotas, form_pool
from exams.blueprints.queries.fixed_forms import mix_of
from exams.blueprints.rules import RULE
from exams.exceptions import ExamNotOpen, PoolTooSmall
from questions.models import Question, Revision
from tests.exams.helpers import (
    MINUTE,
    SECOND,
    START,
    close,
    discard,
    fill_task,
    items_of,
    make_exam_of,
    make_mls_exam,
)
from tests.factories import (
    DomainFactory,
    ExamFactory,
    QuestionFactory,
    TaskFactory,
    UserFactory,
    make_attempt,
    make_content,
    make_exam,
)
from tests.queries import count_queries

pytestmark = pytest.mark.django_db


def start(exam, candidate=None, *, now=START, seed=1):
    return start_attempt(candidate=candidate or UserFactory(), exam=exam, now=now, seed=seed)


# --- What a new attempt is --------------------------------------------------------------------------


def test_start_pins_all_that_the_score_depends_on():
    candidate = UserFactory(extra_time_percent=25)
    exam = make_exam(minutes=180, cut_score=720, scale_min=50, scale_max=900)

    attempt = start(exam, candidate, seed=12)

    attempt.refresh_from_db()
    assert (attempt.candidate, attempt.exam, attempt.state) == (candidate, exam, Attempt.State.IN_PROGRESS)
    assert (attempt.started_at, attempt.deadline_at) == (START, START + 225 * MINUTE)
    assert (attempt.seed, attempt.extra_time_percent, attempt.scoring_rule) == (12, 25, RULE)
    assert (attempt.cut_score, attempt.scale_min, attempt.scale_max) == (720, 50, 900)
    assert (attempt.submitted_at, attempt.closed_by, attempt.scoring_tries) == (None, "", 0)


def test_start_pins_the_published_revision_task_and_option_order_of_every_question():
    exam = make_exam(question_count=8)

    items = items_of(start(exam))

    assert [item.position for item in items] == [1, 2, 3, 4, 5, 6, 7, 8]
    for item in items:
        assert item.revision == item.question.published_revision
        assert item.task == item.question.placements.get().task
        assert sorted(item.option_order) == [0, 1, 2, 3]
        assert (item.response, item.sequence, item.is_flagged, item.struck) == (None, 0, False, [])
    assert len({tuple(item.option_order) for item in items}) > 1


def test_start_keeps_the_options_of_a_question_that_forbids_shuffling():
    exam = make_exam(question_count=8)
    Revision.objects.update(shuffle_options=False)

    assert {tuple(item.option_order) for item in items_of(start(exam))} == {(0, 1, 2, 3)}


def test_start_puts_questions_of_a_case_one_after_another():
    exam = make_exam_of(*(make_content(str(number), case="A case." * (number % 2)) for number in range(6)))

    for seed in range(5):
        cases = [item.revision.case_text for item in items_of(start(exam, seed=seed))]
        assert "".join(cases) == "A case." * 3
        assert cases[cases.index("A case.") :][:3] == ["A case."] * 3


def test_start_draws_the_same_form_from_the_same_seed():
    exam = make_exam(per_domain=9, question_count=6, unscored_count=2, prefers_unseen=False)

    def shape(seed):
        attempt = start(exam, seed=seed)
        return list(attempt.items.values_list("position", "question_id", "is_scored", "option_order"))

    assert shape(5) == shape(5)
    assert shape(5) != shape(6)


def test_start_without_a_seed_takes_a_different_one_each_time():
    exam = make_exam()

    seeds = {start(exam, seed=None).seed for _ in range(5)}

    assert len(seeds) == 5


def test_start_shares_scored_and_unscored_questions_by_weight():
    attempt = start(make_mls_exam())

    counts = Counter(attempt.items.values_list("task__domain__number", "is_scored"))
    assert counts == {
        (1, True): 10, (2, True): 12, (3, True): 18, (4, True): 10,
        (1, False): 3, (2, False): 4, (3, False): 5, (4, False): 3,
    }  # fmt: skip


def test_start_of_a_practice_draws_from_its_domain_only():
    exam = make_exam(per_domain=5)
    exam.domain = exam.certification.domains.get(number=2)
    exam.save()

    assert set(start(exam).items.values_list("task__domain__number", flat=True)) == {2}


@pytest.mark.parametrize("status", [Question.Status.DRAFT, Question.Status.IN_REVIEW, Question.Status.RETIRED])
def test_start_draws_published_questions_only(status):
    exam = make_exam(per_domain=3, question_count=4)
    left_out = [task.questions.first() for task in exam.certification.domains.first().tasks.all()]
    Question.objects.filter(pk__in=[question.pk for question in left_out]).update(status=status)

    for seed in range(10):
        assert not start(exam, seed=seed).items.filter(question__in=left_out).exists()


def test_start_draws_nothing_of_another_certification():
    exam, other = make_exam(per_domain=2), make_exam(per_domain=9)

    drawn = start(exam).items.values_list("question__placements__certification", flat=True)

    assert set(drawn) == {exam.certification_id}
    assert other.certification_id not in drawn


# --- Starting twice ---------------------------------------------------------------------------------


def test_start_again_returns_the_attempt_under_way_as_it_is():
    candidate, exam = UserFactory(), make_exam()
    first = start(exam, candidate)

    second = start(exam, candidate, now=START + MINUTE, seed=2)

    assert second == first
    assert (second.started_at, second.seed) == (START, 1)
    assert Attempt.objects.count() == 1


def test_start_again_works_when_the_exam_has_closed_meanwhile_or_the_bank_is_empty():
    candidate, exam = UserFactory(), make_exam()
    first = start(exam, candidate)
    exam.closes_at = START + SECOND
    exam.save()
    Question.objects.update(status=Question.Status.RETIRED)

    assert start(exam, candidate, now=START + MINUTE) == first


def test_start_after_handing_in_makes_a_new_attempt():
    candidate, exam = UserFactory(), make_exam()
    first = close(start(exam, candidate))

    assert start(exam, candidate, now=START + MINUTE) != first


def test_start_of_two_exams_and_by_two_people_are_apart():
    candidate, exam, other_exam = UserFactory(), make_exam(), make_exam()

    attempts = [start(exam, candidate), start(other_exam, candidate), start(exam, UserFactory())]

    assert len({attempt.pk for attempt in attempts}) == 3


def test_start_that_loses_the_race_returns_the_attempt_of_the_winner(monkeypatch):
    candidate, exam = UserFactory(), make_exam()
    winners = []

    def is_open(self, now):
        # Between the look whether an attempt is under way and the making of one, the other tab is faster.
        if not winners:
            winners.append(None)
            winners[0] = start_attempt(candidate=candidate, exam=exam, now=now, seed=2)
        return True

    monkeypatch.setattr(Terms, "is_open", is_open)

    assert start(exam, candidate, seed=1) == winners[0]
    assert list(candidate.attempts.values_list("seed", flat=True)) == [2]


# --- Refusals ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("opens", "closes", "is_open"),
    [
        (None, None, True),
        (SECOND, None, False),
        (dt.timedelta(), None, True),
        (-SECOND, None, True),
        (None, SECOND, True),
        (None, dt.timedelta(), False),
        (None, -SECOND, False),
        (-SECOND, SECOND, True),
        (SECOND, MINUTE, False),
        (-MINUTE, -SECOND, False),
    ],
)
def test_start_respects_the_window(opens, closes, is_open):
    exam = make_exam(
        opens_at=None if opens is None else START + opens, closes_at=None if closes is None else START + closes
    )

    if is_open:
        assert start(exam).is_in_progress
        return
    with pytest.raises(ExamNotOpen, match="not open now"):
        start(exam)
    assert Attempt.objects.count() == 0


def test_start_of_an_exam_that_is_not_offered_is_refused():
    with pytest.raises(ExamNotOpen):
        start(make_exam(is_offered=False))


def test_start_with_a_bank_too_small_names_the_domain_and_leaves_nothing_behind():
    exam = make_exam(per_domain=2, weights=(50, 50), question_count=6)

    with pytest.raises(PoolTooSmall) as refusal:
        start(exam)

    assert str(refusal.value) == "The bank has 2 published questions in “1 Domain 1”; this exam needs 3."
    assert (Attempt.objects.count(), AttemptItem.objects.count()) == (0, 0)


def test_mix_names_every_domain_that_is_short():
    exam = make_exam(per_domain=2, weights=(40, 30, 30), question_count=8)
    QuestionFactory(task=exam.certification.domains.get(number=2).tasks.get(), draft=True)

    refusals = [(refusal.domain, refusal.needed, refusal.available) for refusal in mix_of(exam)[1]]

    assert refusals == [("1 Domain 1", 3, 2), ("2 Domain 2", 3, 2)]
    assert mix_of(make_exam(per_domain=2))[1] == []


# --- Extra time -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("percent", "minutes"), [(0, 30), (25, 37.5), (50, 45), (100, 60)])
def test_start_lengthens_the_time_by_the_candidates_percentage(percent, minutes):
    attempt = start(make_exam(minutes=30), UserFactory(extra_time_percent=percent))

    assert attempt.deadline_at == START + dt.timedelta(minutes=minutes)
    assert attempt.deadline_at == timing.deadline(START, 30, attempt.extra_time_percent)


# --- Unseen first -----------------------------------------------------------------------------------


def test_three_full_forms_in_a_row_repeat_no_question_when_the_bank_suffices():
    candidate, exam = UserFactory(), make_mls_exam(forms=3)
    met = Counter()

    for number in range(3):
        attempt = close(start(exam, candidate, now=START + number * MINUTE, seed=number))
        met.update(attempt.items.values_list("question_id", flat=True))

    assert len(met) == 3 * 65
    assert set(met.values()) == {1}


def test_a_fourth_form_repeats_questions_when_the_bank_is_used_up():
    candidate, exam = UserFactory(), make_exam(per_domain=2, question_count=4)

    for number in range(2):
        attempt = close(start(exam, candidate, now=START + number * MINUTE, seed=number))

    assert attempt.items.count() == 4


def test_unseen_counts_every_attempt_of_the_candidate_also_at_other_exams_and_under_way():
    candidate, exam = UserFactory(), make_exam(per_domain=4, question_count=4)
    other_exam = ExamFactory(certification=exam.certification, question_count=4)
    under_way = start(exam, candidate)

    second = start(other_exam, candidate)

    met = set(under_way.items.values_list("question_id", flat=True))
    assert met.isdisjoint(second.items.values_list("question_id", flat=True))


def test_unseen_does_not_count_what_others_saw():
    exam = make_exam(per_domain=2, question_count=4)
    start(exam)

    assert start(exam).items.count() == 4


def test_an_exam_that_does_not_prefer_unseen_questions_repeats_them():
    candidate, exam = UserFactory(), make_exam(per_domain=6, question_count=4, prefers_unseen=False)
    met = Counter()

    for number in range(3):
        attempt = close(start(exam, candidate, now=START + number * MINUTE, seed=7))
        met.update(attempt.items.values_list("question_id", flat=True))

    assert set(met.values()) == {3}


# --- The pool ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("prefers_unseen", "most"), [(True, 400), (False, 200)])
def test_the_pool_is_one_query_and_does_not_grow_with_the_bank(prefers_unseen, most):
    exam = make_exam(per_domain=1, weights=(100,))
    task = exam.certification.domains.get().tasks.get()
    seen = met_by(UserFactory()) if prefers_unseen else None
    asked, bank = exam_quotas(exam), bank_of(exam)
    sizes = []
    for added in (0, 450, 450):
        fill_task(task, added)
        with count_queries() as counted:
            sizes.append(len(form_pool(asked, bank=bank, seen=seen, seed=3)))
        assert counted.number == 1

    assert sizes[0] == 1
    assert max(sizes) <= most


def test_the_pool_holds_the_whole_domain_while_that_is_small():
    exam = make_exam(per_domain=20)

    pools = [
        form_pool(exam_quotas(exam), bank=bank_of(exam), seen=met_by(UserFactory()), seed=seed) for seed in range(5)
    ]

    assert [len({item.question_id for item in pool}) for pool in pools] == [40] * 5
    assert [len(pool) for pool in pools] == [40] * 5


def test_the_pool_reaches_every_question_of_a_large_domain():
    exam = make_exam(per_domain=0, weights=(100,))
    fill_task(exam.certification.domains.get().tasks.get(), 250)

    asked, bank = exam_quotas(exam), bank_of(exam)
    reached = {item.question_id for seed in range(30) for item in form_pool(asked, bank=bank, seed=seed)}

    assert len(reached) == 250


def test_the_pool_holds_the_few_unseen_questions_of_a_large_domain():
    exam = make_exam(per_domain=0, weights=(100,), question_count=4)
    fill_task(exam.certification.domains.get().tasks.get(), 250)
    attempt = make_attempt(exam=exam)
    unseen = set(Question.objects.order_by("?").values_list("pk", flat=True)[:4])
    item = attempt.items.first()
    AttemptItem.objects.filter(attempt=attempt).delete()
    met = Question.objects.exclude(pk__in=unseen).select_related("published_revision")
    AttemptItem.objects.bulk_create(
        AttemptItem(
            attempt=attempt,
            position=position,
            question=question,
            revision=question.published_revision,
            task=item.task,
            is_scored=True,
            option_order=[0, 1, 2, 3],
        )
        for position, question in enumerate(met)
    )

    other_exam = ExamFactory(certification=exam.certification, question_count=4)
    for seed in range(10):
        drawn = start(other_exam, attempt.candidate, seed=seed)
        assert set(drawn.items.values_list("question_id", flat=True)) == unseen
        discard(Attempt.objects.filter(pk=drawn.pk))


def test_exam_quotas_of_a_practice_name_its_domain_alone():
    exam = make_exam(weights=(30, 70), question_count=3, unscored_count=1)
    domain = exam.certification.domains.get(number=2)

    assert exam_quotas(exam) == [
        Quota(exam.certification.domains.get(number=1).pk, "1 Domain 1", 1, 0),
        Quota(domain.pk, "2 Domain 2", 1, 1),
    ]
    exam.domain = domain
    assert exam_quotas(exam) == [Quota(domain.pk, "2 Domain 2", 2, 1)]


@pytest.mark.parametrize(
    ("weights", "question_count", "unscored_count", "expected"),
    [
        ((50, 50), 4, 1, [(1, 1), (2, 0)]),  # rounded apart: three of the first domain and one of the second
        ((50, 50), 2, 1, [(0, 1), (1, 0)]),
        ((25, 25, 25, 25), 6, 2, [(1, 1), (1, 1), (1, 0), (1, 0)]),
        ((20, 24, 36, 20), 65, 15, [(10, 3), (12, 4), (18, 5), (10, 3)]),
        ((28, 26, 24, 22), 65, 15, [(14, 4), (13, 4), (12, 4), (11, 3)]),
        ((100, 0), 3, 1, [(2, 1), (0, 0)]),
    ],
)
def test_exam_quotas_share_out_the_whole_form_first(weights, question_count, unscored_count, expected):
    exam = make_exam(per_domain=0, weights=weights, question_count=question_count, unscored_count=unscored_count)

    assert [(quota.scored, quota.unscored) for quota in exam_quotas(exam)] == expected


def test_start_of_a_practice_of_a_domain_without_weight_draws_from_it():
    # A domain may weigh nothing in the full exam and still be practised.
    domain = DomainFactory(number=1, weight=0)
    QuestionFactory.create_batch(2, task=TaskFactory(domain=domain))
    exam = ExamFactory(certification=domain.certification, domain=domain, question_count=2)

    assert start(exam).items.count() == 2


# --- Chapters ---------------------------------------------------------------------------------------


def test_start_of_a_chapter_draws_its_questions_only_mixed_as_the_chapter_is():
    exam = make_exam(per_domain=4, weights=(50, 30, 20), question_count=4, unscored_count=0)
    first, second, _ = (domain.tasks.get() for domain in exam.certification.domains.all())
    of_chapter = [*first.questions.all()[:3], *second.questions.all()[:1]]
    Question.objects.filter(pk__in=[question.pk for question in of_chapter]).update(source_chapter=7)
    Question.objects.exclude(pk__in=[question.pk for question in of_chapter]).update(source_chapter=8)
    exam.chapter = 7
    exam.save()

    assert [(quota.name, quota.scored) for quota in exam_quotas(exam)] == [("1 Domain 1", 3), ("2 Domain 2", 1)]
    assert set(start(exam).items.values_list("question", flat=True)) == {question.pk for question in of_chapter}


def test_start_of_a_chapter_without_questions_is_refused():
    exam = make_exam(chapter=7)

    with pytest.raises(PoolTooSmall, match=f"0 published questions in “{exam.title}”; this exam needs 4"):
        start(exam)
    assert [(refusal.needed, refusal.available) for refusal in mix_of(exam)[1]] == [(4, 0)]


# --- Standard exams ---------------------------------------------------------------------------------


def test_create_standard_exams_makes_full_sprint_and_a_practice_per_domain():
    certification = make_mls_exam().certification

    created = services.create_standard_exams(certification)

    code = certification.code
    assert [(exam.slug, exam.question_count, exam.unscored_count, exam.minutes) for exam in created] == [
        (f"{code}-full", 65, 15, 180),
        (f"{code}-sprint", 20, 0, 30),
        (f"{code}-domain-1", 10, 0, 28),
        (f"{code}-domain-2", 10, 0, 28),
        (f"{code}-domain-3", 10, 0, 28),
        (f"{code}-domain-4", 10, 0, 28),
    ]
    assert {(exam.cut_score, exam.scale_min, exam.scale_max) for exam in created} == {(750, 100, 1000)}
    for exam in created:
        assert start(exam).items.count() == exam.question_count


def test_create_standard_exams_leaves_existing_ones_and_makes_what_the_bank_can_fill():
    exam = make_exam(per_domain=10)
    certification = exam.certification
    Exam.objects.create(
        slug=f"{certification.code}-full", title="Mine", certification=certification, question_count=3, minutes=5
    )

    created = services.create_standard_exams(certification)

    code = certification.code
    assert [exam.slug for exam in created] == [f"{code}-sprint", f"{code}-domain-1", f"{code}-domain-2"]
    assert services.create_standard_exams(certification) == []
    assert Exam.objects.get(slug=f"{code}-full").title == "Mine"


def test_create_standard_exams_makes_none_that_the_bank_cannot_fill():
    certification = make_exam(per_domain=9).certification

    # 10 questions for the full one are there; 20 for the sprint and 10 in a domain are not.
    assert [exam.slug for exam in services.create_standard_exams(certification)] == [f"{certification.code}-full"]


def test_create_standard_exams_makes_another_form_an_exam_of_its_own_once_the_bank_fills_it():
    certification = make_mls_exam().certification
    certification.other_forms = [
        {"code": "beta", "name": "beta form", "note": "As in the beta.", "question_count": count, "unscored_count": 0,
         "minutes": 170}
        for count in (40,)
    ] + [
        {"code": "huge", "name": "huge form", "note": "", "question_count": 900, "unscored_count": 0, "minutes": 170}
    ]  # fmt: skip
    certification.save()

    created = {exam.slug: exam for exam in services.create_standard_exams(certification)}

    beta = created[f"{certification.code}-beta"]
    assert (beta.title, beta.description) == (f"{certification.code.upper()} beta form", "As in the beta.")
    assert (beta.question_count, beta.unscored_count, beta.minutes, beta.cut_score) == (40, 0, 170, 750)
    assert f"{certification.code}-huge" not in created
