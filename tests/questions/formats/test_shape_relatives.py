"""Relatives of the files in shapes/: the same kinds with other signs, line ends, letters and words."""

import datetime as dt

import pytest

from questions.formats.base import Defaults, Loss
from questions.formats.html import HtmlReader
from questions.formats.keys import named_options
from questions.formats.registry import FORMATS, format_of
from questions.rendering import render_markdown
from tests.questions.formats.hostile_files import PIECES, repeated
from tests.questions.formats.test_hostile_files import MOST, growth

DEFAULTS = Defaults(valid_as_of=dt.date(2026, 1, 1))
TREES = "A. Oak\nB. Birch\nC. Yew\nD. Elm\n"
BENDS = f"1. Which bends?\n{TREES}"


def read(text, name="a.txt", encoding="utf-8"):
    data = text.encode(encoding)
    return format_of(name, data).read(data, DEFAULTS)


def keys(questions):
    return ["".join("ABCDEFGH"[index] for index in question.entry.key) for question in questions]


@pytest.mark.parametrize(
    ("answer", "key"),
    [("Answer: B", "B"), ("ANSWER: (B)", "B"), ("Correct answer: B, D", "BD"), ("**Correct Answer:** B and D", "BD"),
     ("Correct answers: B & D", "BD"), ("Ans: b", "B"), ("The correct answer is B.", "B"), ("Answer - B", "B"),
     ("Correct option: B", "B"), ("> Answer: B", "B"), ("### Answer: B", "B"), ("Answer:\nB", "B"),
     ("`Answer: B`", "B"), ("answer : B) Birch", "B"), ("Answer(s): BD", "BD"), ("Answer: Birch", "B"),
     ("Answer: B. Birch", "B"), ("Answer: Option B", "B")],
)  # fmt: skip
def test_answer_line_is_read_however_it_is_worded(answer, key):
    assert keys(read(f"{BENDS}\n{answer}\n")) == [key]


@pytest.mark.parametrize(
    ("answer", "texts", "named"),
    [("B or D", "Oak Birch Yew Elm", set()), ("A hammer", "Oak Birch", set()), ("B. Oak", "Oak Birch", set()),
     ("B, a tree", "Oak Birch", {1}), ("(B) y", "x y", {1}), ("all", "Oak Birch", set()), ("", "x y", set()),
     ("BA", "Oak Birch", set()), ("Oak", "Oak Oak", set()), ("b/d", "w x y z", {1, 3})],
)  # fmt: skip
def test_answer_that_is_not_certain_names_nothing(answer, texts, named):
    assert named_options(answer, texts.split()) == named


@pytest.mark.parametrize("piece", [*PIECES, "A ", "A   ", "A, ", "(A", " and", "A) "])
def test_answer_is_looked_at_in_proportion_to_its_length(piece):
    assert growth(*(lambda n=n: named_options(repeated(piece, n), ["x", "y"]) for n in (20_000, 160_000))) <= MOST


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize(
    ("text", "name"),
    [(f"{BENDS}Answer: B\n", "plain"), (f"Which bends?\n{TREES}ANSWER: B\n", "aiken"),
     (f"Which bends?\n{TREES.lower().replace('.', ')')}Answer: b\n", "aiken"),
     (f"1)\tWhich bends?\n{TREES.replace('. ', ')	')}Answer:\tB\n", "plain"),
     (f"Question 1\nWhich bends?\n{TREES}Answer: B\n", "plain"), (f"Q1: Which bends?\n{TREES}Answer: B\n", "plain"),
     (f"QUESTION #1.\n\nWhich bends?\n\n{TREES}\nANSWER: B\n", "plain")],
)  # fmt: skip
def test_line_ends_and_encoding_change_nothing(text, name, encoding, line_end):
    data = text.replace("\n", line_end).encode(encoding)
    format_ = format_of("a.txt", data)
    (question,) = format_.read(data, DEFAULTS)

    assert format_.name == name
    assert (question.entry.stem, keys([question])) == ("Which bends?", ["B"])
    assert [option.text.casefold() for option in question.entry.options] == ["oak", "birch", "yew", "elm"]


@pytest.mark.parametrize("bullet", "*+-")
@pytest.mark.parametrize("head", ["1. ", "1) ", "## ", "### 1. ", "### Question 1\n\n", "Q1. "])
@pytest.mark.parametrize(
    "rest",
    [
        "{0} [ ] Oak\n{0} [x] Birch\n{0} [ ] Yew\n",
        "{0} [ ] A. Oak\n{0} [X] B. Birch\n{0} [ ] C. Yew\n",
        "{0} Oak\n{0} **Birch**\n{0} Yew\n",
        "{0} A. Oak\n{0} **B. Birch**\n{0} C. Yew\n",
        "{0} A. Oak\n{0} B. **Birch**\n{0} C. Yew\n",
        "{0} **A.** Oak\n{0} **B.** Birch\n{0} **C.** Yew\n\n**Answer: B**\n",
        "{0} Oak\n{0} Birch\n{0} Yew\n\nAnswer: Birch\n",
        "  {0} Oak\n  {0} Birch\n  {0} Yew\n\n  <details><summary>Answer</summary>\n\n  B\n\n  </details>\n",
        "{0} A) Oak\n{0} B) Birch\n{0} C) Yew\n\n<details>\n<summary>Show</summary>\n<p>\n\nB) Birch\n</p></details>\n",
        "{0} A. Oak\n{0} B. Birch\n{0} C. Yew\n\n<details><summary>Answer: B</summary></details>\n",
    ],
)
def test_markdown_bank_is_read_whatever_its_bullets_heads_and_marks(bullet, head, rest):
    (question,) = read(f"{head}Which bends?\n\n{rest.format(bullet)}", "a.md")

    assert (question.entry.stem, keys([question])) == ("Which bends?", ["B"])
    assert [option.text for option in question.entry.options] == ["Oak", "Birch", "Yew"]


def test_what_is_folded_after_the_answer_is_the_explanation():
    text = "1. Which?\n- A. x\n- B. y\n\n<details>\n<summary>Answer</summary>\nB\n\nIt is young.\n</details>\n2. Why?\n"

    (question,) = read(f"{text}- A. x\n- B. y\n", "a.md")[:1]

    assert (keys([question]), question.entry.explanation) == (["B"], "It is young.")


def test_bullets_without_a_key_are_notes():
    (question,) = read(f"1. Water them\n- at dawn\n- at dusk\n\n{BENDS}", "a.md")

    assert question.entry.stem == "Which bends?"
    assert any("belong to no question" in note for note in question.notes)


# --- Tables -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "header",
    ["Question,Option A,Option B,Correct Answer", "question text;Answer 1;Answer 2;Correct", "PROMPT\tA\tB\tAnswer Key",
     "sep=;\nQuestion;Choice A;Choice B;Right Answer", "Stem,Opt1,Opt2,Solution"],
)  # fmt: skip
@pytest.mark.parametrize(
    ("key", "read_as"), [("B", "B"), ("2", "B"), ("(b)", "B"), ("Option B", "B"), ("Birch", "B"), ("B. Birch", "B")]
)
def test_columns_of_other_words_are_mapped_and_named(header, key, read_as):
    separator = next(sign for sign in "\t;," if sign in header)
    row = separator.join(["Which bends?", "Oak", "Birch", key])

    (question,) = read(f"{header}\n{row}\n".replace("\n", "\r\n"), "a.csv", "utf-8-sig")

    assert (question.entry.stem, keys([question])) == ("Which bends?", [read_as])
    assert question.notes[0].startswith("columns are read so: ")


def test_column_that_numbers_the_rows_and_an_id_of_another_program_mean_no_question_here():
    (question,) = read("#,Question ID,Question,A,B,Answer\n7,Q 12,Which bends?,Oak,Birch,B\n", "a.csv")

    assert (question.entry.id, question.id_is_ours) == ("q-12", False)


@pytest.mark.parametrize(
    ("header", "message"),
    [("Question,A,B,Answer,Colour", "unknown column, “Colour”"), ("Question,Prompt,A,B", "twice (Question, Prompt)"),
     ("Question,Answer", "lacks option_1, option_2")],
)  # fmt: skip
def test_columns_that_are_not_known_are_named(header, message):
    with pytest.raises(Exception, match=message.replace("(", r"\(").replace(")", r"\)")):
        read(f"{header}\na,b,c,d\n", "a.csv")


def test_key_that_is_a_mark_and_a_text_is_refused():
    (question,) = read("Question,A,B,C,Answer\nWhat is 3-1?,3,1,2,2\n", "a.csv")

    assert "is the text of one option and the mark of another" in str(question.problems[0])


# --- What is not seen ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "sign"),
    [("> 5", ">"), ("- 5", "-"), ("+ 3", "+"), ("# 5", "#"), ("a &nbsp; b", "&"), ("__FILE__", "_"), ("a*b*c", "*"),
     ("D:\\x\\*.log", "\\")],
)  # fmt: skip
def test_sign_that_would_vanish_is_named_in_every_typed_format(text, sign):
    said = f"option 1: “{sign}” is read as Markdown"
    for name, data in (("csv", f"stem,option_1,option_2,key\nWhich?,{text},y,A\n"),
                       ("plain", f"1. Which?\nA. {text}\nB. y\nAnswer: A\n")):  # fmt: skip
        (question,) = FORMATS[name].read(data.encode(), DEFAULTS)
        assert [note.startswith(said) for note in question.notes] == [True]


@pytest.mark.parametrize("text", ["a_b_c", "snake_case", "-5", "+3", "5 * 3", "x > 5", "#5", "R&D", "\\>", "C:\\temp"])
def test_text_that_is_shown_as_typed_has_no_note(text):
    (question,) = FORMATS["csv"].read(f"stem,option_1,option_2,key\nWhich?,{text},y,A\n".encode(), DEFAULTS)

    assert question.notes == ()
    shown = render_markdown(question.entry.options[0].text).replace("&gt;", ">").replace("&amp;", "&")
    assert shown == f"<p>{text.replace(chr(92) + '>', '>')}</p>"


@pytest.mark.parametrize(
    ("text", "loss"),
    [("See ![a tree](tree.png).", "the picture “a tree” is not taken over"), ("See <img src=x>.", "the picture is not"),
     ("Is \\(x^2\\) even?", "formula “\\(x^2\\)”"), ("Is $x_1$ even?", "formula “$x_1$”"), ("Is $n$ even?", "“$n$”")],
)  # fmt: skip
def test_picture_or_formula_in_markdown_is_lost_and_named(text, loss):
    for name, data in (("csv", f"stem,option_1,option_2,key\n{text},x,y,A\n"),
                       ("plain", f"1. {text}\nA. x\nB. y\nAnswer: A\n"),
                       ("gift", f"[markdown]{text.replace(chr(92), chr(92) * 2)}{{=x ~y}}\n")):  # fmt: skip
        (question,) = FORMATS[name].read(data.encode(), DEFAULTS)
        assert [loss in note for note in question.notes if isinstance(note, Loss)] == [True]


@pytest.mark.parametrize("text", ["It costs $5 or $6.", "Set `$A_B$`.", "Is $A_DIR or $PATH ok?", "\\$x_1\\$", "Wow!"])
def test_money_code_and_variables_are_no_formulas(text):
    (question,) = FORMATS["csv"].read(f"stem,option_1,option_2,key\n{text},x,y,A\n".encode(), DEFAULTS)

    assert not any(isinstance(note, Loss) for note in question.notes)


@pytest.mark.parametrize(
    ("html", "loss"),
    [("<table><tr><td rowspan=2>a</td><td>b</td></tr></table>", "table “a b”: cells that were one"),
     ("<table><tr><td><ul><li>a</li></ul></td></tr></table>", "table “a”: a list, code or a table inside a cell"),
     ("See <a href='x.pdf'>the file</a>.", "link: “the file” led to “x.pdf”"),
     ("Fill <input> in.", "<input>: fields to fill in"), ("<ins>new</ins> text", "underline of “new”"),
     ("<script type='math/tex'>x^2</script> Even?", "formula “x^2”"), ("Is $x^2$ even?", "formula “$x^2$”"),
     ("<p style='background-image:url(x)'>a</p>", "<img> in the background"), ("<audio src=x></audio>a", "<audio>"),
     ("<span style='background:yellow'>a</span> b", "highlight of “a”")],
)  # fmt: skip
def test_what_html_loses_is_named(html, loss):
    _, notes = HtmlReader().to_markdown(html)

    assert [(loss in note, isinstance(note, Loss)) for note in notes] == [(True, True)]


QTI_ITEM = (
    '<assessmentItem xmlns="http://www.imsglobal.org/xsd/imsqti_v2p1" identifier="a" title="T"><responseDeclaration '
    'identifier="R" cardinality="single"><correctResponse><value>x</value></correctResponse></responseDeclaration>'
    '<itemBody>{}<choiceInteraction responseIdentifier="R" maxChoices="1"><prompt>Which?</prompt><simpleChoice '
    'identifier="x">x</simpleChoice><simpleChoice identifier="y">y</simpleChoice></choiceInteraction></itemBody>'
    "</assessmentItem>"
)


@pytest.mark.parametrize(
    ("html", "stem", "loss"),
    [('<ol type="I" start="2"><li>a</li></ol>', "II. a\n\nWhich?", None),
     ('<p>See <span style="text-decoration: underline">a</span>.</p>', "See a.\n\nWhich?", "the underline of “a”"),
     ('<table><tr><td rowspan="2">a</td></tr></table>', "| a |\n| --- |\n\nWhich?", "table “a”: cells that were one")],
)  # fmt: skip
def test_what_other_formats_name_is_named_in_qti(html, stem, loss):
    (question,) = FORMATS["qti21"].read(QTI_ITEM.format(html).encode(), DEFAULTS)

    if loss is not None:
        assert [loss in note and isinstance(note, Loss) for note in question.notes] == [True]
    assert question.entry.stem.replace("|  |\n| --- |\n| a |", "| a |\n| --- |") == stem
