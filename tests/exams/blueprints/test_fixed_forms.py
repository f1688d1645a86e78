"""Fixed forms: drawing, changing and deleting them, and whose turn it is."""

from collections import Counter

import pytest
from django.urls import reverse
from django.utils import timezone

from exams.attempts.models import Attempt
from exams.attempts.services import starting as attempts_starting
from exams.attempts.services.starting import start_attempt
from exams.blueprints.models import Exam, ExamForm
from exams.blueprints.paper.queries import items_of_draw
from exams.blueprints.queries.fixed_forms import blueprint_check, mix_of
from exams.blueprints.services import delete_form, draw_form, replace_in_form
from exams.exceptions import ExamRefused, FormRefused, NoUsableForm, PoolTooSmall
from questions.models import Question, Revision
from questions.services import retire
from tests.exams.helpers import MINUTE, START, client_of, close, fill_task, finish, make_exam_of
from tests.exams.threads import at_once
from tests.factories import RevisionFactory, TaskFactory, UserFactory, make_content, make_exam
from tests.queries import count_queries

pytestmark = pytest.mark.django_db


@pytest.fixture
def exam():
    """Four questions, two from each domain; the bank has five in each: enough for two forms without a repeat."""
    return make_exam(per_domain=5, unscored_count=1, form_kind=Exam.FormKind.FIXED)


def draw(exam, seed=1):
    return draw_form(exam=exam, by=UserFactory(instructor=True), now=START, seed=seed)[0]


def take(exam, candidate=None, *, now=START, seed=1):
    return start_attempt(candidate=candidate or UserFactory(), exam=exam, now=now, seed=seed)


def questions_of(thing):
    rows = thing.questions if isinstance(thing, ExamForm) else thing.items
    return list(rows.order_by("position").values_list("question_id", flat=True))


# --- Drawing --------------------------------------------------------------------------------------------------


def test_form_has_the_quotas_and_is_numbered(exam):
    author = UserFactory()

    form, repeated = draw_form(exam=exam, by=author, now=START, seed=1)

    assert (form.number, form.created_by, form.created_at, repeated) == (1, author, START, 0)
    rows = form.questions.values_list("position", "task__domain__number", "is_scored")
    assert [row[0] for row in rows] == [1, 2, 3, 4]
    assert Counter(row[1] for row in rows) == {1: 2, 2: 2}
    assert sum(row[2] for row in rows) == 3


def test_form_has_the_questions_of_a_case_one_after_another_and_is_asked_as_it_stands():
    contents = [make_content(str(number), case="A case." * (number % 2)) for number in range(6)]
    exam = make_exam_of(*contents, form_kind=Exam.FormKind.FIXED)

    form = draw(exam)

    cases = [case for (case,) in form.questions.order_by("position").values_list("question__revisions__case_text")]
    assert cases[cases.index("A case.") :][:3] == ["A case."] * 3
    assert [item.revision.question_id for item in items_of_draw(exam, seed=1)] == questions_of(form)
    # What is printed stays, whatever has become a case since.
    first, *_, last = questions_of(form)
    Revision.objects.update(case_text="")
    Revision.objects.filter(question__in=[first, last]).update(case_text="Another case.")
    assert questions_of(take(exam)) == questions_of(form)


def test_forms_are_disjoint_as_long_as_the_bank_suffices_and_then_say_what_they_repeat(exam):
    forms = [draw_form(exam=exam, by=UserFactory(), now=START, seed=seed) for seed in range(3)]

    first, second, third = (set(questions_of(form)) for form, _ in forms)
    assert [repeated for _, repeated in forms] == [0, 0, 2]
    assert first & second == set()
    # One question of each domain was left.
    assert len(third - first - second) == 2
    assert [form.number for form, _ in forms] == [1, 2, 3]


def test_drawing_from_a_bank_too_small_leaves_nothing(exam):
    Question.objects.filter(placements__domain__number=2).update(status=Question.Status.RETIRED)

    with pytest.raises(PoolTooSmall):
        draw(exam)
    assert not exam.forms.exists()


def test_number_of_a_deleted_form_in_the_middle_is_not_given_again(exam):
    first, second = draw(exam, 1), draw(exam, 2)
    delete_form(by=None, form=first)

    assert draw(exam, 3).number == second.number + 1


@pytest.mark.usefixtures("threaded_db")
def test_forms_drawn_at_once_get_a_number_each_and_share_no_question():
    exam = make_exam(per_domain=8, form_kind=Exam.FormKind.FIXED)
    author = UserFactory()

    results = at_once(*[lambda: draw_form(exam=exam, by=author, now=START)] * 4)

    assert [result for result in results if isinstance(result, Exception)] == []
    assert sorted(exam.forms.values_list("number", flat=True)) == [1, 2, 3, 4]
    questions = [pk for form in exam.forms.all() for pk in questions_of(form)]
    assert len(set(questions)) == len(questions) == 16


# --- Changing ---------------------------------------------------------------------------------------------------


def test_replacing_takes_another_question_of_the_task_and_keeps_the_place(exam):
    form, other = draw(exam, 1), draw(exam, 2)
    before = form.questions.get(position=2)

    place = replace_in_form(by=None, form=form, position=2, seed=1)

    after = form.questions.get(position=2)
    assert (after.pk, after.task, after.is_scored) == (before.pk, before.task, before.is_scored)
    assert after.question == place.question != before.question
    assert after.question.placements.get().task == before.task
    # Nine of the domain's ten stand in forms; the one that does not was there to take.
    assert after.question_id not in questions_of(other)


def test_replacing_takes_one_of_another_form_when_there_is_no_other(exam):
    form = draw(exam, 1)
    draw(exam, 2)
    for seed in range(5):
        replace_in_form(by=None, form=form, position=1, seed=seed)

    assert len(set(questions_of(form))) == 4


def test_replacing_by_a_question_of_ones_choice(exam):
    form = draw(exam)
    place = form.questions.get(position=1)
    wanted = place.task.questions.exclude(pk__in=questions_of(form)).first()

    replace_in_form(by=None, form=form, position=1, code=wanted.code)

    assert form.questions.get(position=1).question == wanted


def test_replacing_by_what_does_not_fit_is_refused(exam):
    form = draw(exam)
    place = form.questions.select_related("task").get(position=1)
    of_another_task = Question.objects.exclude(placements__task=place.task).first()
    retired = place.task.questions.exclude(pk__in=questions_of(form)).first()
    retire(question=retired, by=None, now=START)
    own = form.questions.exclude(position=1).filter(task=place.task).get().question

    for code in (of_another_task.code, retired.code, own.code, place.question.code, "nothing"):
        with pytest.raises(FormRefused, match="is not a published question of task"):
            replace_in_form(by=None, form=form, position=1, code=code)
    with pytest.raises(FormRefused, match="has no question 99"):
        replace_in_form(by=None, form=form, position=99)


def test_replacing_in_a_bank_without_another_question_is_refused():
    exam = make_exam(per_domain=2, form_kind=Exam.FormKind.FIXED)

    with pytest.raises(FormRefused, match="no other question of task"):
        replace_in_form(by=None, form=draw(exam), position=1)


def test_form_that_was_taken_neither_changes_nor_goes(exam):
    form = draw(exam)
    attempt = take(exam)
    before = questions_of(form)

    with pytest.raises(FormRefused, match="has been taken"):
        replace_in_form(by=None, form=form, position=1)
    with pytest.raises(FormRefused, match="has been taken"):
        delete_form(by=None, form=form)
    assert (questions_of(form), attempt.form) == (before, form)


def test_form_nobody_took_is_deleted(exam):
    form = draw(exam)

    delete_form(by=None, form=form)

    assert not ExamForm.objects.exists()


# --- Taking -----------------------------------------------------------------------------------------------------


def test_everyone_gets_the_questions_of_the_form_in_its_order(exam):
    form = draw(exam)

    attempts = [take(exam, seed=seed) for seed in range(3)]

    assert [questions_of(attempt) for attempt in attempts] == [questions_of(form)] * 3
    assert {attempt.form for attempt in attempts} == {form}
    scored = list(form.questions.order_by("position").values_list("task", "is_scored"))
    assert list(attempts[0].items.order_by("position").values_list("task", "is_scored")) == scored
    # The options are shuffled for each.
    assert len({str(list(attempt.items.values_list("option_order", flat=True))) for attempt in attempts}) == 3


def test_candidate_takes_the_forms_in_turn(exam):
    for seed in range(3):
        draw(exam, seed)
    candidate = UserFactory()
    taken = []
    for number in range(5):
        attempt = close(take(exam, candidate, now=START + number * MINUTE))
        taken.append(attempt.form.number)

    assert taken == [1, 2, 3, 1, 2]
    assert take(exam, UserFactory()).form.number == 1


def test_attempt_pins_the_revision_published_when_it_starts(exam):
    form = draw(exam)
    place = form.questions.select_related("question").get(position=1)
    first = take(exam)
    revision = RevisionFactory(question=place.question, number=2, content=make_content("new"))
    Question.objects.filter(pk=place.question_id).update(published_revision=revision)

    second = take(exam)

    assert [attempt.items.get(position=1).revision.number for attempt in (first, second)] == [1, 2]


def test_exam_with_a_retired_question_in_its_form_cannot_be_started_and_says_so(exam):
    form = draw(exam)
    question = form.questions.get(position=3).question
    retire(question=question, by=None, now=START)

    with pytest.raises(NoUsableForm, match="being revised"):
        take(exam)
    assert [type(refusal) for refusal in mix_of(exam)[1]] == [NoUsableForm]
    (check,) = blueprint_check(exam).forms
    assert check.problems == [f"question 3 ({question.code}) is no longer published"]
    page = client_of(UserFactory()).get(reverse("exams:exam-detail", args=[exam.slug])).text
    assert "You cannot start this exam yet." in page
    assert question.code not in page
    assert Attempt.objects.count() == 0


def test_forms_with_a_retired_question_are_passed_over_while_others_are_left(exam):
    first, second = draw(exam, 1), draw(exam, 2)
    retire(question=first.questions.get(position=1).question, by=None, now=START)

    assert take(exam).form == second


def test_form_that_is_shorter_than_the_exam_became_is_not_given(exam):
    draw(exam)
    exam.question_count = 6
    exam.save()

    with pytest.raises(NoUsableForm):
        take(exam)
    assert blueprint_check(exam).forms[0].problems == [
        "the form has 4 questions, 1 of them unscored; the exam now has 6 and 1"
    ]


def test_fixed_exam_without_a_form_cannot_be_started(exam):
    with pytest.raises(ExamRefused):
        take(exam)


def test_fixed_form_needs_nothing_of_the_bank_but_its_own_questions(exam):
    form = draw(exam)
    Question.objects.exclude(pk__in=questions_of(form)).update(status=Question.Status.RETIRED)

    assert mix_of(exam)[1] == []
    assert questions_of(take(exam)) == questions_of(form)


def test_drawn_exam_gives_no_form_even_if_there_is_one_for_paper(exam):
    exam.form_kind = Exam.FormKind.DRAWN
    exam.save()
    draw(exam)

    assert take(exam).form is None


def test_attempt_at_a_form_is_scored_like_any(exam):
    draw(exam)

    score = finish(take(exam), right=4)

    assert (score.total, score.unscored_total, score.correct + score.unscored_correct) == (3, 1, 4)


@pytest.mark.parametrize("forms", [1, 5])
def test_starting_a_fixed_form_takes_few_queries_whatever_the_bank(clock, forms):
    exam = make_exam(per_domain=0, question_count=4, form_kind=Exam.FormKind.FIXED)
    for domain in exam.certification.domains.all():
        fill_task(domain.tasks.get() if domain.tasks.exists() else TaskFactory(domain=domain), 10 * forms)
    for seed in range(forms):
        draw(exam, seed)
    client = client_of(UserFactory())

    with count_queries() as counted:
        response = client.post(reverse("exams:exam-start", args=[exam.slug]))

    assert response.url.startswith("/attempts/")
    assert counted.number <= 15


@pytest.mark.django_db(transaction=True)
def test_form_deleted_while_it_is_being_started_refuses_the_start(exam, monkeypatch):
    form, read = draw(exam), attempts_starting.form_items

    def deleted_after_reading(chosen):
        items = read(chosen)
        ExamForm.objects.filter(pk=chosen.pk).delete()
        return items

    monkeypatch.setattr(attempts_starting, "form_items", deleted_after_reading)

    with pytest.raises(NoUsableForm, match="Start again"):
        take(exam, now=timezone.now())
    assert (Attempt.objects.count(), ExamForm.objects.filter(pk=form.pk).exists()) == (0, True)


def test_no_form_reads_a_key():
    exam = make_exam(form_kind=Exam.FormKind.FIXED)
    with count_queries() as counted:
        form = draw(exam)
        take(exam)

    read = " ".join(counted.statements)
    assert form.questions.count() == 4
    assert Revision.objects.exists()
    for column in ("key", "rationales", "explanation"):
        assert f'"questions_revision"."{column}"' not in read
