"""The bank that comes with the project: whole, balanced, and as careful as its authors promised."""

import datetime as dt
import re
from collections import Counter
from html.parser import HTMLParser
from importlib import import_module

import pytest
from django.apps import apps
from django.conf import settings

from questions.bankfiles import find_files, read_bank
from questions.content import QuestionContent, longest_option_is_key
from questions.models import Certification, Question
from questions.queries import published_counts
from questions.rendering import render_inline, render_markdown
from questions.services import load_bank
from tests.factories import KEY_COUNTS
from tests.questions.bank_texts import earlier_digest

FIXTURES = settings.BASE_DIR / "fixtures"
NOW = dt.datetime(2026, 11, 27, 9, tzinfo=dt.UTC)

# Chapter → how many review questions its study material has: each is covered by a question of ours.
CHAPTERS = dict(enumerate([20, 14, 8, 7, 12, 10, 10, 11, 10, 10, 10, 10, 6, 10, 10, 10], start=1))
# Domain of MLS-C01 → published questions: three times what one form of 65 draws from it.
ENOUGH = {1: 39, 2: 48, 3: 72, 4: 39}


@pytest.fixture(scope="module")
def bank():
    return read_bank(find_files([FIXTURES]))


@pytest.fixture(scope="module")
def questions(bank):
    return {question.id: question for question in bank.questions}


def texts_of(question):
    """Return every Markdown text of a question, by the field's name."""
    texts = {name: getattr(question, name) for name in ("case", "stem", "explanation", "service_note")}
    for number, option in enumerate(question.options):
        texts |= {f"options.{number}.{name}": getattr(option, name) for name in ("text", "match", "rationale")}
    return texts | {f"decoys.{number}.text": decoy for number, decoy in enumerate(question.decoys)}


def failures(questions, predicate):
    """Return "id field" for each text of the bank of which the predicate holds."""
    return [
        f"{question.id} {field}"
        for question in questions.values()
        for field, text in texts_of(question).items()
        if predicate(field, text)
    ]


# --- Whole ------------------------------------------------------------------------------------------------


def test_bank_has_no_problem(bank):
    assert [str(problem) for problem in bank.problems] == []


# As the public exam guides say: status, minutes, pass mark, weights of the domains, tasks in each.
EXAMS = {
    "mls-c01": ("retired", 180, 750, [20, 24, 36, 20], [3, 3, 5, 4]),
    "mla-c01": ("retired", 130, 720, [28, 26, 22, 24], [3, 3, 3, 3]),
    "mla-c02": ("beta", 130, 720, [28, 24, 24, 24], [3, 3, 3, 3]),
}


def test_certifications_are_as_their_exam_guides_say(bank):
    assert {
        entry.code: (
            entry.status,
            entry.minutes,
            entry.cut_score,
            [domain.weight for domain in entry.domains],
            [len(domain.tasks) for domain in entry.domains],
        )
        for entry in bank.certifications
    } == EXAMS
    assert {(e.question_count, e.unscored_count, e.scale_min, e.scale_max) for e in bank.certifications} == {
        (65, 15, 100, 1000)
    }


def test_certification_says_why_it_is_not_active(bank):
    assert [entry.code for entry in bank.certifications if entry.status != "active" and not entry.status_note] == []


@pytest.mark.parametrize(("domain", "enough"), ENOUGH.items())
def test_each_domain_has_enough_questions(bank, questions, domain, enough):
    published = [q for q in questions.values() if q.status == "published"]
    (certification,) = (entry for entry in bank.certifications if entry.code == "mls-c01")
    codes = {task.code for entry in certification.domains if entry.number == domain for task in entry.tasks}

    assert sum(question.tasks.get("mls-c01") in codes for question in published) >= enough


def test_each_task_has_a_question(bank, questions):
    (certification,) = (entry for entry in bank.certifications if entry.code == "mls-c01")
    codes = {task.code for domain in certification.domains for task in domain.tasks}

    assert {question.tasks.get("mls-c01") for question in questions.values()} - {None} == codes


@pytest.mark.parametrize(("chapter", "count"), CHAPTERS.items())
def test_every_review_question_of_a_chapter_is_covered_once(questions, chapter, count):
    expected = [f"ch{chapter:02}-q{number:02}" for number in range(1, count + 1)]
    sources = [question.source for question in questions.values() if question.source]

    assert sorted(source.id for source in sources if source.chapter == chapter) == expected


def test_sources_are_the_review_questions_and_no_more(questions):
    sources = [question.source for question in questions.values() if question.source]

    assert len(sources) == sum(CHAPTERS.values()) == 168
    assert len({(source.chapter, source.title) for source in sources}) == len(CHAPTERS)


# --- Balanced -----------------------------------------------------------------------------------------------


def test_no_position_holds_the_key_too_often(questions):
    singles = [question for question in questions.values() if KEY_COUNTS.get(question.kind) == 1]
    positions = Counter(question.key[0] for question in singles)

    assert max(positions.values()) / len(singles) <= 0.35


def test_key_is_seldom_the_longest_option(questions):
    longest, singles = longest_option_is_key(questions.values())

    assert longest / singles < 0.40


def test_difficulties_and_kinds_are_mixed(questions):
    difficulties = Counter(question.difficulty for question in questions.values())
    kinds = Counter(question.kind for question in questions.values())

    assert min(difficulties[name] for name in ("easy", "medium", "hard")) >= len(questions) / 10
    assert kinds["multiple"] >= len(questions) / 10


def test_question_with_several_keys_says_how_many(questions):
    words = {2: "(Choose two.)", 3: "(Choose three.)"}

    for question in questions.values():
        if KEY_COUNTS.get(question.kind) == 2:
            assert words[len(question.key)] in " ".join(question.stem.split()), question.id
        else:
            assert "(Choose " not in question.stem, question.id


# --- Careful -------------------------------------------------------------------------------------------------


def test_every_rationale_has_twelve_words(questions):
    assert failures(questions, lambda field, text: field.endswith("rationale") and len(text.split()) < 12) == []


def test_every_question_says_what_it_teaches_and_where_to_read_on(questions):
    thin = [q.id for q in questions.values() if len(q.explanation.split()) < 20 or not q.references or not q.tags]

    assert thin == []


def test_no_text_names_an_option_by_its_place(questions):
    # Options are shown in random order.
    place = re.compile(
        r"\b[Oo]ptions? [A-F]\b|\b(first|second|third|fourth|last|previous) option\b|\b(all|none) of the above\b"
    )

    assert failures(questions, lambda field, text: place.search(text)) == []


def test_no_rationale_says_what_the_page_says_already(questions):
    verdict = re.compile(r"(In)?correct\b", re.IGNORECASE)

    assert failures(questions, lambda field, text: field.endswith("rationale") and verdict.match(text)) == []


def test_no_question_is_checked_in_the_future(questions):
    assert [question.id for question in questions.values() if question.valid_as_of > NOW.date()] == []


def test_no_text_has_a_link_or_an_image(questions):
    assert failures(questions, lambda field, text: re.search(r"https?://|\]\(", text)) == []


class ShownText(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.text = ""
        self.feed(html)
        self.close()

    def handle_data(self, data):
        self.text += data


def words_of(text):
    return re.findall(r"\w+", text)


def test_rendering_loses_no_word(questions):
    # The allow-list drops what it does not know: a text that needs more would be shown with holes.
    def loses(field, text):
        render = render_inline if field.endswith(("text", "match")) else render_markdown
        # Not shown as text: the language of a code block, the number of a list item.
        source = re.sub(r"^```\w+$|^\d+\. ", "", text, flags=re.MULTILINE)
        return Counter(words_of(source)) != Counter(words_of(ShownText(render(text)).text))

    assert failures(questions, loses) == []


# --- Loaded ----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_bank_loads_and_loads_again_without_a_change(bank, questions):
    plan = load_bank(bank=bank, now=NOW)

    assert [(row.state, row.code) for row in plan.rows] == [("new", code) for code in questions]
    assert Question.objects.published().count() == sum(q.status == "published" for q in questions.values())
    assert sum(published_counts(Certification.objects.get(code="mls-c01")).values()) >= sum(ENOUGH.values())
    assert load_bank(bank=bank, now=NOW).counts["unchanged"] == len(questions)
    for question in Question.objects.select_related("published_revision"):
        entry = questions[question.code]
        expected = {name: getattr(entry, name) for name in QuestionContent.model_fields}
        assert question.published_revision.content == QuestionContent(**expected), question.code


@pytest.mark.django_db
def test_bank_that_an_earlier_version_loaded_is_not_taken_for_edited(bank, questions):
    load_bank(bank=bank, now=NOW)
    # That version knew no skills and no links.
    for question in Question.objects.exclude(placements__skill__isnull=False):
        if not any(reference.url for reference in questions[question.code].references):
            question.loaded_digest = earlier_digest(questions[question.code])
            question.save()

    import_module("questions.migrations.0015_one_digest").settle(apps, None)

    digests = dict(Question.objects.values_list("code", "loaded_digest"))
    assert digests == {code: entry.digest for code, entry in questions.items()}
