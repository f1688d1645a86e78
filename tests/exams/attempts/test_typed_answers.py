"""Questions whose answer is typed, through their whole life: asked, saved, scored, reviewed, corrected, printed."""

import re

import pytest
from django.urls import reverse

from exams.attempts.models import AttemptItem
from exams.attempts.queries.taking import item_states, shown_items
from exams.attempts.services.saving import save_answer
from exams.exceptions import InvalidResponse
from exams.scoring.services import score_attempt
from questions.kinds import KINDS
from tests.exams.helpers import MINUTE, START, answer_to, client_of, close, item_of, make_exam_of, posted, reviewed
from tests.factories import ANSWERS, make_attempt, make_content, takes

pytestmark = pytest.mark.django_db

TYPED = [name for name in KINDS if takes(name, "answer")]
RIGHT = {"numeric": "2,9", "short_text": " amazon  s3 "}
WRONG = {"numeric": "3.01", "short_text": "S4"}


def attempt_of(*contents):
    return make_attempt(exam=make_exam_of(*contents), now=START, seed=1)


def save(item, text, **fields):
    answer = answer_to(item, text=text, **fields)
    return save_answer(candidate=item.attempt.candidate, attempt_id=item.attempt_id, answer=answer, now=START + MINUTE)


def scored(attempt):
    close(attempt)
    return score_attempt(attempt_id=attempt.pk, now=START + MINUTE)


@pytest.fixture(params=TYPED)
def item(request):
    return item_of(attempt_of(make_content("x", request.param)))


def test_every_typed_kind_has_a_sample():
    assert set(TYPED) == set(ANSWERS) & set(KINDS)


def test_answer_is_saved_as_typed_and_shown_again(clock, item):
    text = RIGHT[item.revision.kind]

    response = client_of(item.attempt.candidate).post(
        reverse("exams:answer-save", args=[item.attempt_id, 1]), posted(item) | {"q1-text": text}
    )

    item.refresh_from_db()
    assert (response.status_code, item.response, item.sequence) == (200, text, 1)
    page = client_of(item.attempt.candidate).get(reverse("exams:attempt", args=[item.attempt_id])).text
    (field,) = re.findall(r'<input type="text"[^>]+name="q1-text"[^>]+>', page)
    assert f'value="{text}"' in field


def test_blank_takes_the_answer_back(item):
    save(item, RIGHT[item.revision.kind])

    save(item, "  ", sequence=1, count=2)

    assert AttemptItem.objects.filter(pk=item.pk, response__isnull=True, sequence=2).exists()


@pytest.mark.parametrize("fields", [{"chosen": (0,)}, {"places": (0,)}, {"struck": (0,)}])
def test_what_has_no_options_takes_none(item, fields):
    with pytest.raises(InvalidResponse):
        save(item, "1", **fields)


@pytest.mark.parametrize("text", ["x" * 201, "a\nb", "a\x00b", "a\x07"])
def test_text_that_no_field_sends_is_refused_and_nothing_stored(clock, item, text):
    response = client_of(item.attempt.candidate).post(
        reverse("exams:answer-save", args=[item.attempt_id, 1]), posted(item) | {"q1-text": text}
    )

    item.refresh_from_db()
    assert (response.status_code, item.response) == (400, None)
    assert "write one line of up to 200 characters" in response.text


@pytest.mark.parametrize(("answers", "points"), [(RIGHT, 1), (WRONG, 0)])
def test_answer_is_scored_and_reviewed(item, answers, points):
    text = answers[item.revision.kind]
    save(item, text)

    score = scored(item.attempt)

    assert (score.correct, score.total) == (points, 1)
    (answer,) = reviewed(item.attempt)
    assert (answer.is_right, answer.question.solved.given) == (bool(points), text)
    assert answer.question.solved.answers != []


def test_blank_is_wrong_and_reviewed_without_an_answer(item):
    score = scored(item.attempt)

    (answer,) = reviewed(item.attempt)
    assert (score.correct, answer.is_right, answer.is_answered) == (0, False, False)


def test_page_and_summary_name_what_is_no_number(clock):
    item = item_of(attempt_of(make_content("x", "numeric")))
    save(item, "1,000")

    (shown,), (state,) = shown_items(item.attempt), item_states(item.attempt)

    assert (shown.is_answered, shown.is_incomplete) == (state.is_answered, state.is_incomplete) == (False, True)
    page = client_of(item.attempt.candidate).get(reverse("exams:attempt", args=[item.attempt_id])).text
    assert f'<p class="answer-note" role="status">{shown.asked.note}</p>' in page
    assert shown.asked.note.startswith("Incomplete: this is not a number.")


def test_stale_text_is_a_409_that_shows_both(clock, item):
    save(item, "there", page="other")

    response = client_of(item.attempt.candidate).post(
        reverse("exams:answer-save", args=[item.attempt_id, 1]),
        posted(item, sequence=0, page="mine") | {"q1-text": "here <b>"},
    )

    assert response.status_code == 409
    assert 'data-text="there"' in response.text
    assert re.search(r"Saved there:\s+there\b.*Chosen here:\s+here &lt;b&gt;", response.text, re.DOTALL)
