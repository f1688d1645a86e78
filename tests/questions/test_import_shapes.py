"""Files as other programs and people write them (formats/shapes/), by the command and by the page of the admin."""

from html import unescape
from io import StringIO
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.core.management.base import CommandError
from django.urls import reverse

from questions.admin.filters import ByLoss
from questions.formats.registry import FORMATS
from questions.models import ImportDraft, Question, QuestionEvent
from questions.services.exporting import entry_of
from tests.exams.helpers import client_of
from tests.factories import UserFactory, takes

pytestmark = pytest.mark.django_db

SHAPES = Path(__file__).parent / "formats" / "shapes"
IMPORT, CHECK = "admin:questions_question_import", "admin:questions_question_import_check"
SKY = ("single", "Which colour has the sky?", "A", "Blue light is scattered most.")
CUTS, ICE = ("single", "Which tool cuts paper?", "B", ""), ("single", "Is ice cold?", "A", "")
CODE = "What does it print?\n\n```\nif True:\n    if False:\n        print(1)\n    print(2)\n```"
TEX = "Let \\\\(a_1 = \\frac{1}{2}\\\\) and $$b = \\sqrt{a_1}$$. Which is larger?"
# Of each question its kind, stem, key and explanation.
READ = {
    "plain-upper-case-answer.txt": [SKY, ("single", "Which colour has grass?", "B", "Chlorophyll is green.")],
    "aiken-explanation-after-answer.txt": [SKY, ("single", "Which colour has grass?", "B", "")],
    "aiken-two-answers.txt": [
        ("multiple", "Which two are even?", "AC", ""),
        ("single", "Which one is odd?", "A", ""),
        ("single", "Which one is a prime?", "B", ""),
    ],
    "aiken-python-names.txt": [("single", "Which method runs when an object is made?", "A", "")],
    "plain-star-marks-key.txt": [("single", "Which tool cuts paper?", "C", "")],
    "plain-bold-answer.md": [CUTS, ("single", "Which tool drives nails?", "A", "")],
    "plain-fenced-code.md": [
        ("single", "What does this print?\n\n```python\ndef f():\n    return 1\nprint(f())\n```", "A", "")
    ],
    "plain-q-prefix.txt": [CUTS, ("single", "Which tool drives nails?", "A", "")],
    "plain-markdown-list.md": [CUTS, ("multiple", "Which tools are made of steel? (Choose two)", "AB", "")],
    "plain-markdown-checkboxes.md": [CUTS, ("multiple", "Which tools are made of steel? (Choose TWO.)", "AB", "")],
    "gift-title-a.gift": [("single", "Which metal is liquid at room temperature?", "A", "")],
    "gift-title-b.gift": [("single", "Which metal is the lightest of these two at room temperature?", "A", "")],
    "gift-title-c.gift": [("single", "Who wrote the opera Aida?", "A", "")],
    "gift-code-indent.gift": [("single", CODE, "A", "")],
    "gift-lines-with-a-tag.gift": [
        (
            "single",
            "Two facts:  \n1\\) The pond is **frozen**.  \n2\\) The duck is wet.  \nWhich is colder?",
            "A",
            "",
        )
    ],
    "moodle-tex.xml": [("single", TEX, "A", "")],
    "moodle-underline.xml": [
        (
            "single",
            "Which part of the sentence is the **object**? The dog bites the man.\n\nAnd the red word?",
            "A",
            "",
        )
    ],
    "moodle-roman-list.xml": [
        (
            "single",
            "I. Ice floats.\n\nII. Iron floats.\n\nWhich statements are right?\n\nc. c-item\n\nd. d-item",
            "A",
            "",
        )
    ],
    "moodle-multilang.xml": [ICE],
    "moodle-match-html.xml": [("matching", "Match.", "", "")],
    "moodle-multichoiceset.xml": [("multiple", "Which are even?", "AB", "")],
    "moodle-tags-accents.xml": [("single", "Ice is cold.", "A", "")],
    "qti-feedback-blocks.xml": [ICE],
    "qti3-catalog-in-rubric.xml": [("single", "Pick one.\n\nIs ice cold?", "A", "")],
    "qti-one-choice-of-multiple-cardinality.xml": [ICE],
    "qti-empty-layout-table.xml": [("single", "Look at this.\n\nIs ice cold?", "A", "")],
    "qti-plain-doctype.xml": [ICE],
    "csv-question-answer-headings.csv": [("single", "Is ice cold?", "A", "It is below zero.")],
}
REFUSED = {
    "plain-letter-missing.txt": "options: line 4: option C is missing before D; letter them without gaps.",
    "plain-ten-options.txt": "options: the question has 10 options; give 2 to 8, usually four.",
    "gift-same-question-twice.gift": "question: the same question appears at line 1; keep one.",
}
# What is kept with the question, for the one who completes it.
LOST = {
    "moodle-tex.xml": ["formula “\\(a_1 = \\frac{1}{2}\\)”", "formula “\\(b\\)”", "formula “$$a_1$$”"],
    "moodle-underline.xml": ["the underline of “bites”", "the color of “red”"],
    "moodle-multilang.xml": ["the language de is left out; en is taken"],
    "qti-feedback-blocks.xml": ["feedback “right” is not taken over", "feedback “wrong” is not taken over"],
    "qti3-catalog-in-rubric.xml": ["the catalog of other forms of the text"],
}


def said():
    return sorted(
        (entry.kind, entry.stem, "".join("ABCDEFGH"[index] for index in entry.key if takes(entry.kind, "key")),
         entry.explanation)
        for entry in map(entry_of, Question.objects.all())
    )  # fmt: skip


def command(name, *options):
    out = StringIO()
    try:
        call_command("import_questions", str(SHAPES / name), *options, stdout=out, stderr=out)
    except CommandError as error:
        out.write(f"\nrefused: {error}")
    return out.getvalue()


def through_the_admin(name):
    """Upload a file and confirm it, as a person does; return the text of the page that asked for it."""
    client = client_of(UserFactory(superuser=True))
    file = SimpleUploadedFile(name, (SHAPES / name).read_bytes())
    client.post(reverse(IMPORT), {"file": file, "format": "", "task": "", "tags": ""})
    url = reverse(CHECK, args=[ImportDraft.objects.get().pk])
    page = client.get(url)
    client.post(url, {"apply": "1", "fingerprint": page.context["fingerprint"]})
    return page


def test_every_file_has_its_right_value():
    assert {path.name for path in SHAPES.iterdir()} == READ.keys() | REFUSED.keys()


@pytest.mark.parametrize("name", READ)
def test_file_comes_in_by_the_command(name):
    looked = command(name, "--dry-run")
    assert "refused:" not in looked
    assert not Question.objects.exists()

    command(name)

    assert said() == sorted(READ[name])
    for loss in LOST.get(name, []):
        assert loss in looked


@pytest.mark.parametrize("name", READ)
def test_file_comes_in_through_the_admin(name):
    page = through_the_admin(name)

    assert said() == sorted(READ[name])
    shown = "\n".join(note for row in page.context["rows"] for note in row.notes)
    kept = "\n".join(QuestionEvent.objects.values_list("losses", flat=True))
    for loss in LOST.get(name, []):
        assert loss in shown
        assert loss in kept
    assert bool(kept.strip()) == (name in LOST)


@pytest.mark.parametrize("name", REFUSED)
def test_file_is_refused_with_its_reason(name):
    written = command(name, "--dry-run")
    page = through_the_admin(name)

    assert f"✗ {REFUSED[name]}" in written
    assert "refused: 1 question was refused." in written
    assert [str(problem) for row in page.context["rows"] for problem in row.problems] == [REFUSED[name]]


@pytest.mark.parametrize("other", ["gift-title-b.gift", "gift-title-c.gift"])
def test_another_question_of_the_same_title_gets_an_id_of_its_own(other):
    command("gift-title-a.gift")
    command(other)

    assert said() == sorted(READ["gift-title-a.gift"] + READ[other])


def test_matches_tags_and_ids_of_the_files_are_words():
    for name in ("moodle-match-html.xml", "moodle-tags-accents.xml"):
        command(name)
    matching, tagged = (
        Question.objects.get(revisions__kind=kind, revisions__stem=stem)
        for kind, stem in (("matching", "Match."), ("single", "Ice is cold."))
    )

    assert [option.match for option in entry_of(matching).options] == ["Paris", "Rome & more"]
    assert tagged.code == "uebung-1"
    assert sorted(entry_of(tagged).tags) == ["c-plus-plus", "c-sharp", "pruefung", "set"]


# --- Unsure guesses ---------------------------------------------------------------------------------------------------

PAIR = "Which?\nA. x\nB. y\nANSWER: A\n\n"
UNSURE = [
    (PAIR + "2. " + PAIR, ["aiken", "plain"]),
    (PAIR * 1000 + "2. " + PAIR, ["aiken", "plain"]),  # so large that a process of its own reads it
    ("1. " + PAIR + "Is it?{=yes ~no}\n", ["plain", "gift"]),
    ("Some notes.\n", ["gift", "aiken", "plain"]),
]


@pytest.mark.parametrize(("text", "candidates"), UNSURE)
def test_unsure_guess_of_the_command_names_the_options(tmp_path, text, candidates):
    path = tmp_path / "a.txt"
    path.write_text(text)

    with pytest.raises(CommandError) as refusal:
        call_command("import_questions", str(path), stdout=StringIO())

    named = " or ".join(f"--format {name}" for name in candidates)
    assert str(refusal.value).endswith(f"Choose the format. Say {named}.")
    assert not Question.objects.exists()


@pytest.mark.parametrize(("text", "candidates"), UNSURE)
def test_unsure_guess_asks_on_the_page(text, candidates):
    client = client_of(UserFactory(superuser=True))
    file = SimpleUploadedFile("a.txt", text.encode())

    page = client.post(reverse(IMPORT), {"file": file, "format": "", "task": "", "tags": ""})

    (error,) = page.context["form"].errors["format"]
    assert error.endswith("Choose the format. Choose the file again, too.")
    assert " or ".join(str(FORMATS[name].label) for name in candidates) in error
    assert not ImportDraft.objects.exists()


def test_format_that_was_asked_for_is_taken():
    client = client_of(UserFactory(superuser=True))
    file = SimpleUploadedFile("a.txt", UNSURE[0][0].encode())

    client.post(reverse(IMPORT), {"file": file, "format": "aiken", "task": "", "tags": ""})

    assert ImportDraft.objects.get().format == "aiken"


# --- What is lost -----------------------------------------------------------------------------------------------------

HTML = "// [id:{0}]\n[html]{1} Which {0}?{{=yes ~no}}\n\n"
LOSSES = {
    "pictures": "<img src\\=x>",
    "formulas": "$$x$$",
    "formatting": "<u>this</u>",
    "tables": "<table><tr><td rowspan\\='2'>a</td></tr></table>",
    "sound or video": "<audio src\\=x></audio>",
    "languages": "\\{mlang en\\}a\\{mlang\\}\\{mlang de\\}b\\{mlang\\}",
    "links": "<a href\\='x.pdf'>file</a>",
}


def found_by(client, value):
    page = client.get(reverse("admin:questions_question_changelist"), {"losses": value})
    return sorted(question.code for question in page.context["cl"].result_list)


def test_drafts_that_lack_something_are_found_by_what_they_lack(tmp_path):
    path = tmp_path / "a.gift"
    path.write_text("".join(HTML.format(name.partition(" ")[0], html) for name, html in LOSSES.items())
                    + HTML.format("whole", ""))  # fmt: skip
    call_command("import_questions", str(path), stdout=StringIO())
    call_command("import_questions", str(SHAPES / "qti-feedback-blocks.xml"), stdout=StringIO())
    client = client_of(UserFactory(superuser=True))

    found = {name: found_by(client, name) for name in ByLoss.WORDS}

    expected = {name: [name.partition(" ")[0]] for name in LOSSES} | {"feedback": ["qti-feedback-blocks"]}
    assert found == expected
    assert found_by(client, "any") == sorted(code for codes in expected.values() for code in codes)


@pytest.mark.parametrize("name", LOST)
def test_what_is_lost_stays_with_the_question_after_a_later_import(name):
    command(name)
    question = Question.objects.get()
    kept = question.events.get().losses

    command(name, "--overwrite")

    page = (
        client_of(UserFactory(superuser=True))
        .get(reverse("admin:questions_question_change", args=[question.pk]))
        .content.decode()
    )
    assert [event.losses for event in question.events.exclude(losses="")] == [kept]
    for loss in LOST[name]:
        assert loss in unescape(page)
