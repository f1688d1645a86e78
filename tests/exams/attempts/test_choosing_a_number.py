"""How many options a candidate is told to choose, and what the server does with more."""

import pytest
from django.urls import reverse

from exams.attempts.models import AttemptItem
from exams.attempts.queries import taking as queries
from exams.attempts.services.closing import submit_attempt
from exams.attempts.services.saving import Answer, save_answer
from exams.exceptions import TooManyChosen
from questions.content import Option
from questions.models import Revision
from tests.exams.helpers import MINUTE, START, answer_to, client_of, item_of, make_exam_of, posted
from tests.factories import RevisionFactory, make_attempt, make_content

pytestmark = pytest.mark.django_db


def several(stem="Which?", keys=2):
    options = [Option(text=f"Choice {n}", key=n < keys, rationale="Because.") for n in range(5)]
    return make_content("several", kind="multiple", stem=stem, options=options)


def attempt_of(*contents):
    return make_attempt(exam=make_exam_of(*contents), now=START)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (several(), 2),
        (several(keys=3), 3),
        (several("Which? (Choose two.)"), 2),
        (several("Which? (Choose two.)", keys=3), 3),  # the key decides; the linter names the contradiction
        (several("Which? (Choose all that apply.)"), None),
        (several("Select ALL that are true."), None),
        (several("Which statements hold? Mark all that apply."), None),
        (several("Which one or more instances does it use? Choose two."), 2),
        (several(keys=0), None),
        (make_content(kind="single"), None),
        (make_content(kind="ordering"), None),
        (make_content(kind="matching"), None),
    ],
)
def test_number_follows_from_the_key_unless_the_stem_keeps_it(content, expected):
    assert content.choose == expected
    assert RevisionFactory(content=content, question__code="q").choose == expected


@pytest.mark.parametrize("chosen", [(0, 1, 2), (0, 1, 2, 3), (0, 1, 2, 3, 4)])
def test_one_too_many_is_refused_and_what_was_saved_stays(clock, chosen):
    attempt = attempt_of(several())
    client, url = client_of(attempt.candidate), reverse("exams:answer-save", args=[attempt.pk, 1])
    client.post(url, posted(item_of(attempt), 0, 1, count=1))
    saved = item_of(attempt)

    response = client.post(url, posted(saved, *chosen, count=2))

    assert (response.status_code, response.text) == (400, f"Choose 2; {len(chosen)} are chosen here.")
    assert item_of(attempt).response == saved.response


@pytest.mark.parametrize(
    ("chosen", "is_answered", "is_incomplete", "note"),
    [
        ((), False, False, "0 of 2 chosen."),
        ((3,), False, True, "1 of 2 chosen."),
        ((1, 3), True, False, "2 of 2 chosen."),
    ],
)
def test_page_and_summary_tell_an_incomplete_choice_from_an_answer(clock, chosen, is_answered, is_incomplete, note):
    attempt = attempt_of(several())
    answer = answer_to(item_of(attempt), *chosen)
    save_answer(candidate=attempt.candidate, attempt_id=attempt.pk, answer=answer, now=START)

    (shown,), (state,) = queries.shown_items(attempt), queries.item_states(attempt)

    assert (shown.is_answered, shown.is_incomplete, shown.asked.note) == (is_answered, is_incomplete, note)
    assert (state.is_answered, state.is_incomplete) == (is_answered, is_incomplete)


def test_hand_in_stops_at_one_too_many_and_keeps_the_other_answers(clock):
    attempt = attempt_of(several(), several("And which?"))
    answers = [Answer(position=1, chosen=(0, 1, 2)), Answer(position=2, chosen=(3, 4))]

    saved = submit_attempt(candidate=attempt.candidate, attempt_id=attempt.pk, answers=answers, now=START + MINUTE)

    assert (saved.attempt.state, saved.too_many, saved.conflicts) == ("in_progress", answers[:1], [])
    assert [item_of(attempt, position).response is None for position in (1, 2)] == [True, False]


def test_at_the_deadline_what_was_saved_counts_instead_of_one_too_many(clock):
    attempt = attempt_of(several())
    answer = answer_to(item_of(attempt), 0, 1)
    save_answer(candidate=attempt.candidate, attempt_id=attempt.pk, answer=answer, now=START)
    before = item_of(attempt)

    saved = submit_attempt(
        candidate=attempt.candidate,
        attempt_id=attempt.pk,
        answers=[answer_to(before, 0, 1, 2, count=2)],
        now=attempt.deadline_at,
    )

    assert (saved.attempt.state, item_of(attempt).response) == ("submitted", before.response)


def test_answer_from_before_the_limit_stays_and_its_question_can_be_flagged(clock):
    attempt = attempt_of(several())
    AttemptItem.objects.filter(attempt=attempt).update(response=[0, 1, 2, 3, 4])
    item = item_of(attempt)

    save_answer(
        candidate=attempt.candidate,
        attempt_id=attempt.pk,
        answer=answer_to(item, 0, 1, 2, 3, 4, is_flagged=True),
        now=START,
    )

    assert (item_of(attempt).is_flagged, item_of(attempt).response) == (True, [0, 1, 2, 3, 4])
    with pytest.raises(TooManyChosen, match="Choose 2; 3 are chosen here"):
        save_answer(
            candidate=attempt.candidate,
            attempt_id=attempt.pk,
            answer=answer_to(item_of(attempt), 0, 1, 2, count=2),
            now=START,
        )


def test_existing_revisions_learn_their_number():
    from importlib import import_module

    from django.apps import apps

    asked = RevisionFactory(content=several(), question__code="a")
    told_all = RevisionFactory(content=several("Choose all that apply."), question__code="b")
    Revision.objects.update(choose=None)

    import_module("questions.migrations.0008_choose_of_existing_revisions").count_keys(apps, None)

    assert [Revision.objects.get(pk=row.pk).choose for row in (asked, told_all)] == [2, None]
