"""That an import writes over no question which its file does not mean, and that what it writes over is kept."""

import datetime as dt

import pytest
from django.urls import reverse

from questions import services
from questions.formats.base import Defaults
from questions.formats.registry import FORMATS
from questions.models import Question, QuestionEvent
from questions.services.exporting import entry_of
from tests.exams.helpers import client_of
from tests.factories import QuestionFactory, UserFactory, make_content

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
DEFAULTS = Defaults(valid_as_of=dt.date(2026, 1, 1))
MOODLE = (
    '<quiz><question type="multichoice"><name><text>{name}</text></name><questiontext format="html"><text>{stem}</text>'
    '</questiontext><single>true</single><answer fraction="100"><text>{right}</text></answer><answer fraction="0">'
    "<text>{wrong}</text></answer><idnumber>{name}</idnumber></question></quiz>"
)
QTI = (
    '<assessmentItem xmlns="http://www.imsglobal.org/xsd/imsqti_v2p1" identifier="{name}" title="T" adaptive="false" '
    'timeDependent="false"><responseDeclaration identifier="R" cardinality="single" baseType="identifier">'
    "<correctResponse><value>a</value></correctResponse></responseDeclaration><itemBody><choiceInteraction "
    'responseIdentifier="R" maxChoices="1"><prompt>{stem}</prompt><simpleChoice identifier="a">{right}</simpleChoice>'
    '<simpleChoice identifier="b">{wrong}</simpleChoice></choiceInteraction></itemBody></assessmentItem>'
)
PLAIN = "Chapter 7\n\n1. {stem}\nA. {right}\nB. {wrong}\nAnswer: A\n"
GIFT, GIFT_ID = "::{name}::{stem} {{={right} ~{wrong}}}", "// [id:{name}]\n{stem} {{={right} ~{wrong}}}"
WRITERS = [("gift", GIFT), ("gift", GIFT_ID), ("moodle", MOODLE), ("qti21", QTI), ("plain", PLAIN)]
SOIL = {"stem": "Which soil holds the most water in a wet spring?", "right": "Clay", "wrong": "Sand"}
OTHERS = [
    {"stem": "Who painted the ceiling of that chapel in Rome?", "right": "Michelangelo", "wrong": "Raphael"},
    # Half the words, the same options: another question all the same.
    {"stem": "Which soil warms up first in a dry autumn?", "right": "Sand", "wrong": "Loam"},
    {"stem": "Where do carrots grow best?", "right": "Sand", "wrong": "Clay"},
]


def load(name, template, texts, **options):
    data = template.format(name="q1", **texts).encode()
    return services.apply_import(FORMATS[name].read(data, DEFAULTS), by=None, now=NOW, source="a", **options)


def stems():
    return sorted(question.revisions.get().stem for question in Question.objects.all())


@pytest.mark.parametrize(("name", "template"), WRITERS)
@pytest.mark.parametrize("other", OTHERS, ids=lambda other: other["right"])
@pytest.mark.parametrize("overwrite", [False, True])
def test_question_of_the_same_title_gets_an_id_of_its_own(name, template, other, overwrite):
    load(name, template, SOIL)

    plan = load(name, template, other, overwrite=overwrite)

    assert [row.state for row in plan.rows] == ["new"]
    assert "is the id of another question in the bank" in " ".join(plan.rows[0].notes)
    assert stems() == sorted([SOIL["stem"], other["stem"]])
    assert [row.state for row in load(name, template, other).rows] == ["unchanged"]


@pytest.mark.parametrize(("name", "template"), WRITERS)
def test_question_of_the_same_title_and_nearly_the_same_text_is_updated(name, template):
    load(name, template, SOIL)

    plan = load(name, template, SOIL | {"stem": SOIL["stem"].replace("a wet", "the wet"), "wrong": "Gravel"})

    assert [(row.state, row.changes) for row in plan.rows] == [("changed", ("stem", "options"))]


def test_two_of_one_title_in_a_file_both_come_in():
    data = "\n\n".join(GIFT.format(name="q1", **texts) for texts in [SOIL, *OTHERS]).encode()

    plan = services.plan_import(FORMATS["gift"].read(data, DEFAULTS))

    assert [row.state for row in plan.rows] == ["new"] * 4
    assert len({row.code for row in plan.rows}) == 4


def test_same_question_twice_in_a_file_without_ids_says_where():
    text = "Does ice float?{=Yes ~No}\n\nDoes ice float?{=Yes#It is lighter. ~No}\n"

    plan = services.plan_import(FORMATS["gift"].read(text.encode(), DEFAULTS))

    assert [str(problem) for problem in plan.rows[1].problems] == [
        "question: the same question appears at line 1; keep one."
    ]


@pytest.mark.parametrize("name", ["csv", "gift", "moodle", "qti21", "yaml"])
def test_own_export_whose_stem_was_written_again_never_goes_elsewhere(name):
    content = make_content()
    question = QuestionFactory(code="q1", content=content)
    entry = entry_of(question).model_copy(update={"stem": "Quite another sentence stands here?"})

    plan = services.plan_import(FORMATS[name].read(FORMATS[name].write([entry]), DEFAULTS), overwrite=True)

    assert [(row.state, row.code) for row in plan.rows] == [("changed", "q1")]


def test_questions_that_differ_in_their_case_only_are_two():
    head = "stem,option_1,option_2,key,case\n"
    rows = "Does this reach the goal?,Yes,No,A,You water it.\nDoes this reach the goal?,Yes,No,A,You dry it.\n"

    plan = services.plan_import(FORMATS["csv"].read((head + rows).encode(), DEFAULTS))

    assert [row.state for row in plan.rows] == ["new", "new"]
    assert len({row.code for row in plan.rows}) == 2


def test_draft_that_is_written_over_keeps_what_it_said():
    load("gift", GIFT, SOIL)
    load("gift", GIFT, SOIL | {"wrong": "Gravel"})

    event = QuestionEvent.objects.first()

    assert [option["text"] for option in event.earlier["options"]] == ["Clay", "Sand"]
    assert event.earlier["stem"] == SOIL["stem"]
    assert ("option A", "Clay (key)") in event.earlier_lines
    page = client_of(UserFactory(superuser=True)).get(
        reverse("admin:questions_question_change", args=[event.question_id])
    )
    assert "<dt>option B</dt><dd>Sand</dd>" in page.content.decode()


def test_losses_stay_with_the_question_and_find_it():
    with_picture = SOIL | {"stem": "[html]<p>Which soil is this? <img src='x.png' alt='a dark clod'></p>"}
    load("gift", GIFT, with_picture)
    QuestionFactory(code="whole")
    client = client_of(UserFactory(superuser=True))

    event = QuestionEvent.objects.get(kind="imported")
    page = client.get(reverse("admin:questions_question_change", args=[event.question_id])).content.decode()

    assert "a dark clod" in event.losses
    assert "a dark clod" in page
    found = {
        value: [
            question.code
            for question in client.get(f"/admin/questions/question/?losses={value}").context["cl"].result_list
        ]
        for value in ("any", "pictures", "formulas")
    }
    assert found == {"any": ["q1"], "pictures": ["q1"], "formulas": []}
