"""A candidate goes through a whole exam and to every address there is; nothing that comes back may tell the key.

Two questions are asked of every answer of the server: does it hold a text that only the review may show, and would
it be any different, byte for byte, if other options were right?
"""

import dataclasses
import itertools
import re
from types import SimpleNamespace

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLResolver, get_resolver, reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from exams import urls
from exams.attempts.models import Attempt, AttemptItem
from exams.attempts.queries import taking as attempts_taking
from exams.attempts.queries.taking import shown_items
from exams.attempts.services import starting as attempts_starting
from exams.attempts.services.starting import start_attempt
from exams.blueprints.assembly import option_order
from exams.study.models import Practice, PracticeSet
from questions.content import Option, Reference
from questions.kinds import KINDS
from questions.kinds.choice.showing import ChoiceAsked, ChoiceOption
from questions.kinds.entry.showing import EntryAsked
from questions.kinds.placing.showing import PlacedOption, PlacingAsked
from questions.kinds.showing import Place
from questions.models import Certification, Question, Revision
from tests.exams.helpers import START, client_of, close, finish, item_of, items_of, of_kind, posted
from tests.exams.pages import fields_of, masked
from tests.factories import (
    KEY_COUNTS,
    ExamFactory,
    QuestionFactory,
    TaskFactory,
    UserFactory,
    make_attempt,
    make_content,
    make_exam,
    takes,
)

pytestmark = pytest.mark.django_db

# Every text that only a review may show has it.
CANARY = "quokka"
# What is right where the answer is typed, and what is in `move_keys`.
TYPED = {
    "numeric": ({"value": "7315.25", "tolerance": "0.5", "unit": "ms"}, {"value": "4", "tolerance": "2 %"}),
    "short_text": (
        {"accepted": (f"{CANARY} one",)},
        {"accepted": [f"{CANARY} {n}" for n in "abc"], "ignore_case": True},
    ),
}
# What candidates type: right by the one key, by the other, and by none.
TYPINGS = ("4", "4,01", "7315.25", "a word", f"{CANARY[:3]} one", " ")
QUESTIONS = 2 * len(KINDS)


def secret_content(mark, kind):
    keys = {1: {1}, 2: {0, 2}}.get(KEY_COUNTS.get(kind), set())
    return make_content(
        kind=kind,
        shuffle=len(keys) == 1,
        case=f"Case {mark}",
        stem=f"Stem {mark}",
        options=tuple(
            Option(
                text=f"Option {number} of {mark}",
                key=number in keys,
                match=f"Match {number % 3} of {mark}" if takes(kind, "match") else "",
                rationale=f"{CANARY} rationale {mark} {number}",
            )
            for number in range(4 if takes(kind, "options") else 0)
        ),
        answer=TYPED[kind][0] if takes(kind, "answer") else {},
        decoys=(f"Match 9 of {mark}",) if takes(kind, "match") else (),
        explanation=f"{CANARY} explanation {mark}",
        service_note=f"{CANARY} note {mark}",
        references=(Reference(title=f"{CANARY} title {mark}", section=f"{CANARY} section {mark}"),),
    )


@pytest.fixture
def world(clock, monkeypatch):
    """An exam of two questions of each kind, and a candidate; all attempts at it are put together alike."""
    monkeypatch.setattr(attempts_starting.secrets, "randbits", lambda bits: 7)
    exam = make_exam(per_domain=0, weights=(50, 50), question_count=QUESTIONS, unscored_count=2)
    for domain in exam.certification.domains.all():
        for name in KINDS:
            mark = f"{domain.number}-{name}-{Question.objects.count()}"
            QuestionFactory(
                code=mark,
                task=domain.tasks.get(),
                content=secret_content(mark, name),
                source_chapter=1,
                source_title="One",
            )
    Certification.objects.update(study_material="A book")
    return SimpleNamespace(exam=exam, candidate=UserFactory(), other=UserFactory())


OTHER_KEYS = {
    "single": [3],
    "multiple": [1, 3],
    "ordering": [2, 3, 0, 1],
    "matching": [3, 3, 1, 0],
    **{name: answers[1] for name, answers in TYPED.items()},
}


def move_keys():
    """Make other options right, and the secret texts different, also in length."""
    for revision in Revision.objects.all():
        Revision.objects.filter(pk=revision.pk).update(
            key=OTHER_KEYS[revision.kind],
            rationales=[f"{CANARY} changed" * (number + 1) for number in range(len(revision.options))],
            explanation=CANARY * 9,
            service_note="",
            references=[],
        )


# --- The tour ---------------------------------------------------------------------------------------


class Tour:
    """Every answer of the server to one candidate from before the start to just before the hand-in."""

    def __init__(self, world):
        self.world, self.answers, self.visited = world, [], set()
        self.client = Client()

    def see(self, what, response):
        self.answers.append((what, response))
        if getattr(response, "resolver_match", None):
            self.visited.add(response.resolver_match.view_name)
        return response

    def url(self, name, *args):
        return reverse(f"exams:{name}", args=args)

    def get(self, url, **kwargs):
        return self.see(f"GET {masked(url)} {kwargs}", self.client.get(url, **kwargs))

    def post(self, url, data=None, **kwargs):
        return self.see(f"POST {masked(url)}", self.client.post(url, data, **kwargs))

    def run(self, after_start=lambda: None):
        self.look_around()
        self.client.force_login(self.world.candidate)
        self.look_around()
        self.begin_to_practise()
        self.post(self.url("exam-start", self.world.exam.slug))
        self.attempt = Attempt.objects.get(candidate=self.world.candidate)
        after_start()
        self.open_page()
        self.save_answers()
        self.meet_errors()
        self.hand_in_without_doing_it()
        self.practise_on()
        self.look_around()
        self.go_everywhere()
        assert Attempt.objects.get().is_in_progress
        return self

    def look_around(self):
        exam = self.world.exam
        for name, *args in (
            ("home",),
            ("certification", exam.certification.code),
            ("chapter", exam.certification.code, 1),
            ("exam-detail", exam.slug),
            ("history",),
        ):
            self.get(self.url(name, *args))
            self.get(self.url(name, *args), headers={"HX-Request": "true"})

    def open_page(self):
        for name in ("attempt", "attempt-clock", "attempt-result", "attempt-review", "review-all", "attempt-hand-in"):
            self.get(self.url(name, self.attempt.pk))
            self.get(self.url(name, self.attempt.pk), headers={"HX-Request": "true"})
        self.get(self.url("attempt-review", self.attempt.pk) + "?show=wrong&domain=1")
        self.get(self.url("review-question", self.attempt.pk, 1) + "?show=sure-wrong")
        self.post(self.url("attempt-retry", self.attempt.pk))

    # --- Practice: until a check, and while the exam asks what was chosen, it tells as little.

    def begin_to_practise(self):
        self.get(self.url("practice"))
        self.get(self.url("practice-count"), headers={"HX-Request": "true"})
        for choices in ({"title": "All"}, {"feedback": "end"}):
            self.post(self.url("practice-start"), {"number": 100, **choices})
        self.practices = list(Practice.objects.filter(candidate=self.world.candidate).order_by("feedback"))
        self.practice, self.set = self.practices[0], PracticeSet.objects.get(owner=self.world.candidate)
        self.get(self.url("practice-set", self.set.pk))
        for practice in self.practices:
            for item in practice.items.select_related("revision").order_by("position"):
                args = (practice.pk, item.position)
                for number in range(4):
                    given = self.some_answer(item, number % 2)
                    sent = posted(item, *given.pop("chosen", ()), **given, count=number)
                    self.post(self.url("practice-answer", *args), sent, headers={"HX-Request": "true"})
                stale = posted(item, page="stale", sequence=99, flag=True)
                for headers in ({}, {"HX-Request": "true"}):
                    self.get(self.url("practice-question", *args), headers=headers)
                    for name in ("practice-answer", "practice-check"):
                        assert self.post(self.url(name, *args), stale, headers=headers).status_code in (409, 423)
                self.post(self.url("question-note", item.question_id), {"text": "x", "version": 0})
            for name in ("practice-run", "practice-clock", "practice-result"):
                self.get(self.url(name, practice.pk))

    def practise_on(self):
        for practice in self.practices:
            for item in practice.items.select_related("revision").order_by("position"):
                args = (practice.pk, item.position)
                for headers in ({}, {"HX-Request": "true"}):
                    given = self.some_answer(item, 1)
                    sent = posted(item, *given.pop("chosen", ()), **given, count=9)
                    assert self.post(self.url("practice-check", *args), sent, headers=headers).status_code in (423, 400)
                    self.get(self.url("practice-question", *args), headers=headers)
            for method, name in (("post", "finish"), ("get", "result"), ("get", "run"), ("post", "retry")):
                getattr(self, method)(self.url(f"practice-{name}", practice.pk))
            for position in range(1, QUESTIONS + 1):
                self.get(self.url("practice-question", practice.pk, position))

    def save(self, item, *chosen, **fields):
        url = self.url("answer-save", self.attempt.pk, item.position)
        return self.post(url, posted(item, *chosen, **fields), headers={"HX-Request": "true"})

    def save_answers(self):
        """Try every option of every question, every pair where several may be chosen, and places of all sorts."""
        for position in range(1, QUESTIONS + 1):
            item, count = item_of(self.attempt, position), itertools.count(1)
            if takes(item.revision.kind, "answer"):
                for text in TYPINGS:
                    assert self.save(item, text=text, count=next(count)).status_code == 200
                self.save(item, text=TYPINGS[0], count=next(count), flag=True)
                continue
            if not takes(item.revision.kind, "key"):
                for places in (*itertools.permutations(range(4)), (1, 1, None, 3), (None,) * 4):
                    assert self.save(item, places=places, count=next(count)).status_code == 200
                self.save(item, places=(3, None, 2, 0), count=next(count), flag=True)
                continue
            for number in range(4):
                assert self.save(item, number, count=next(count)).status_code == 200
            if KEY_COUNTS[item.revision.kind] > 1:
                for pair in itertools.combinations(range(4), 2):
                    assert self.save(item, *pair, count=next(count)).status_code == 200
            assert self.save(item, count=next(count), flag=True, struck=(0, 3)).status_code == 200
            self.save(item, 1, count=next(count))

    def some_answer(self, item, number):
        if takes(item.revision.kind, "answer"):
            return {"text": TYPINGS[number + 1]}
        return {"chosen": [number]} if takes(item.revision.kind, "key") else {"places": (number, 3 - number, None, 2)}

    def meet_errors(self):
        for item in items_of(self.attempt):
            for number in range(4):
                given = self.some_answer(item, number)
                stale = self.save(item, *given.pop("chosen", ()), **given, sequence=0, page="stale")
                assert stale.status_code in ({409} if given else {409, 200})
            assert self.save(item, 7).status_code == 400
            assert self.save(item, 0, 1, 2, 3, 5).status_code == 400
            assert self.save(item, places=(0, 1, 2, 7)).status_code == 400
            assert self.save(item, places=(0, 1, 2)).status_code == 400
        assert self.post(self.url("answer-save", self.attempt.pk, 99)).status_code == 400
        assert self.post(self.url("answer-save", self.attempt.pk, 99), {"q99-sequence": 0}).status_code == 400
        for name, args in (("attempt", []), ("answer-save", [1]), ("attempt-clock", []), ("attempt-result", [])):
            url = self.url(name, self.attempt.pk, *args)
            self.see(f"PUT {name}", self.client.put(url))
            self.see(f"other {name}", client_of(self.world.other).get(url))
            self.see(f"nobody {name}", Client().get(url))
            strict = client_of(self.world.candidate, enforce_csrf_checks=True)
            self.see(f"no token {name}", strict.post(url, posted(item, 1)))
        self.client.raise_request_exception = False
        with pytest.MonkeyPatch.context() as patch:
            for name in ("shown_items", "item_states"):
                patch.setattr(
                    attempts_taking, name, lambda attempt, **_: [item.revision.key for item in attempt.items.all()][99]
                )
            for name in ("attempt", "attempt-hand-in"):
                assert self.get(self.url(name, self.attempt.pk)).status_code == 500
            item = of_kind(self.attempt, "single")
            assert self.save(item, 2, sequence=0, page="stale").status_code == 500
        self.client.raise_request_exception = True

    def hand_in_without_doing_it(self):
        url = self.url("attempt-hand-in", self.attempt.pk)
        for then in ("stay", "review"):
            form = fields_of(self.get(self.url("attempt", self.attempt.pk)), "hand-in")
            self.post(url, {**form, "then": then}, follow=True)
        assert self.post(url, {**form, "q1-choice": "9", "then": "submit"}).status_code == 400
        stale = {name: "0" for name in form if name.endswith("-sequence")}
        for chosen in "02":
            changed = {"q1-page": "stale"}
            for prefix in (name.removesuffix("-sequence") for name in stale):
                place, text = f"{prefix}-place", f"{prefix}-text"
                others = {place: [chosen] * 4} if place in form else {f"{prefix}-choice": chosen}
                changed |= {text: chosen} if text in form else others
            assert self.post(url, {**form, **stale, **changed, "then": "submit"}).status_code == 409

    def go_everywhere(self):
        """Ask for every address of the site, the admin's included."""
        for route in routes():
            if "(?P" not in route and "logout" not in route:
                self.get("/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda part, route=route: self.value(part[1], route), route))

    def value(self, name, route):
        things = {"exams/attempt": self.attempt, "exams/exam": self.world.exam, "": Question.objects.first()}
        values = {
            "code": self.world.exam.certification.code,
            "slug": self.world.exam.slug,
            "number": 1,
            "attempt_id": self.attempt.pk,
            "practice_id": self.practice.pk,
            "set_id": self.set.pk,
            "position": 1,
            "content_type_id": 1,
        }
        return str(values.get(name) or next(thing.pk for part, thing in things.items() if part in route))


def routes(resolver=None, prefix=""):
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            yield from routes(pattern, prefix + str(pattern.pattern))
        else:
            yield prefix + str(pattern.pattern)


def everything(response):
    """Return all that went over the wire, and what redirects on the way said."""
    headers = "\n".join(f"{name}: {value}" for name, value in sorted(response.headers.items()))
    cookies = "\n".join(
        f"{name} {morsel.OutputString(['path', 'samesite'])}" for name, morsel in response.cookies.items()
    )
    return f"{response.status_code}\n{headers}\n{cookies}\n{getattr(response, 'redirect_chain', '')}\n{response.text}"


# --- What it must not tell --------------------------------------------------------------------------


def test_no_answer_before_the_hand_in_holds_a_text_of_the_review(world):
    tour = Tour(world).run()

    leaks = [what for what, response in tour.answers if CANARY in everything(response).lower()]
    assert leaks == []
    assert {f"exams:{pattern.name}" for pattern in urls.urlpatterns} <= tour.visited
    assert len(tour.answers) > 180


def test_the_review_holds_them_all(world):
    """What the test above looks for is there to be found."""
    attempt = make_attempt(exam=world.exam, candidate=world.candidate, now=START)
    finish(attempt)

    page = client_of(world.candidate).get(reverse("exams:review-all", args=[attempt.pk])).text

    for revision in Revision.objects.all():
        for text in (*revision.rationales, revision.explanation, revision.service_note):
            assert text in page
        for reference in revision.references:
            assert f"<cite>{reference['title']}</cite>, “{reference['section']}”" in page


def flip_scored():
    for item in AttemptItem.objects.all():
        AttemptItem.objects.filter(pk=item.pk).update(is_scored=not item.is_scored)


def test_every_answer_would_be_the_same_if_other_options_were_right_and_other_questions_scored(world):
    with transaction.atomic():
        first = Tour(world).run().answers
        transaction.set_rollback(True)
    move_keys()

    second = Tour(world).run(after_start=flip_scored).answers

    assert [what for what, _ in first] == [what for what, _ in second]
    for (what, response), (_, other_response) in zip(first, second, strict=True):
        assert masked(everything(response)) == masked(everything(other_response)), what


def test_waiting_for_the_score_tells_nothing_yet(world):
    attempt = close(make_attempt(exam=world.exam, candidate=world.candidate, now=START), now=START)
    client = client_of(world.candidate)

    for name in ("attempt", "attempt-result", "attempt-review", "review-all", "attempt-clock", "attempt-hand-in"):
        for headers in ({}, {"HX-Request": "true"}):
            response = client.get(reverse(f"exams:{name}", args=[attempt.pk]), headers=headers)
            assert CANARY not in everything(response).lower()


# --- What it cannot tell ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rendered", "fields"),
    [
        (
            attempts_taking.ShownItem,
            ["position", "case", "stem", "asked", "is_flagged", "seconds_spent", "sequence", "is_sure"],
        ),
        # How many are right is said on purpose, as in the real exam: “Choose two”.
        (ChoiceAsked, ["kind", "field", "told", "options"]),
        (ChoiceOption, ["number", "html", "is_chosen", "is_struck"]),
        (PlacingAsked, ["kind", "noun", "is_listed", "once", "options", "places"]),
        (PlacedOption, ["number", "html", "place"]),
        (Place, ["number", "label", "html"]),
        (EntryAsked, ["kind", "text", "unit", "pattern", "mismatch"]),
        (attempts_taking.ItemState, ["position", "is_answered", "is_incomplete", "is_flagged"]),
    ],
)
def test_what_the_pages_render_has_no_field_that_could_tell(rendered, fields):
    assert [field.name for field in dataclasses.fields(rendered)] == fields


SHOWN_COLUMNS = {"id", "kind", "case_text", "stem", "choose", "options", "choices", "prompt"}


@pytest.mark.parametrize("name", ["attempt", "attempt-hand-in", "attempt-clock"])
def test_pages_before_the_hand_in_read_no_key_and_no_explanation(world, name):
    attempt = make_attempt(exam=world.exam, candidate=world.candidate, now=START)
    client = client_of(world.candidate)

    with CaptureQueriesContext(connection) as captured:
        assert client.get(reverse(f"exams:{name}", args=[attempt.pk])).status_code == 200

    read = " ".join(query["sql"] for query in captured)
    assert '"exams_attempt"' in read
    columns = set(re.findall(r'"questions_revision"\."(\w+)"', read))
    assert columns <= SHOWN_COLUMNS
    assert ("options" in columns) == (name == "attempt")


def test_conflict_reads_no_key_to_show_both_answers(world):
    attempt = make_attempt(exam=world.exam, candidate=world.candidate, now=START)

    with CaptureQueriesContext(connection) as captured:
        assert len(shown_items(attempt, position=1)) == 1

    columns = set(re.findall(r'"questions_revision"\."(\w+)"', captured[0]["sql"]))
    assert (len(captured), columns) == (1, SHOWN_COLUMNS)


@settings(deadline=None)
@given(seed=st.integers(0, 2**62), position=st.integers(1, 200), count=st.integers(2, 8))
def test_order_of_options_is_fixed_by_seed_and_position_alone(seed, position, count):
    # The function is not told the key, so it cannot depend on it; and it keeps no memory between calls.
    expected = option_order(count, shuffle=True, seed=seed, position=position)
    option_order(count, shuffle=True, seed=seed + 1, position=position)

    assert option_order(count, shuffle=True, seed=seed, position=position) == expected


def test_key_stands_at_every_place_equally_often(world):
    exam = ExamFactory(certification=world.exam.certification, question_count=QUESTIONS, prefers_unseen=False)
    for domain in exam.certification.domains.all():
        QuestionFactory.create_batch(4, task=TaskFactory(domain=domain, code=f"{domain.number}.9"))
    places = [0, 0, 0, 0]
    for seed in range(60):
        attempt = start_attempt(candidate=UserFactory(), exam=exam, now=START, seed=seed)
        for item in attempt.items.filter(revision__shuffle_options=True).select_related("revision"):
            places[item.option_order.index(item.revision.key[0])] += 1

    # Some 50 each; the standard deviation is 6.
    assert sum(places) > 180
    assert min(places) > sum(places) / 4 - 25
    assert max(places) < sum(places) / 4 + 25
