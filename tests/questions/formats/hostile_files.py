"""Files that are small and take long, if anything in their reading grows faster than they do. Each by its size."""

import io

from openpyxl import Workbook

from questions.formats.packages import write_package

HEAD = "stem,option_1,option_2,key\n"


def _csv_cell(text):
    return (HEAD + '"' + text.replace('"', '""') + '",a,b,A\n').encode()


def _moodle(text, kind="html"):
    escaped = text.replace("&", "&amp;").replace("<", "&lt;")
    return (
        f'<quiz><question type="multichoice"><questiontext format="{kind}"><text>{escaped}</text></questiontext>'
        '<answer fraction="100"><text>a</text></answer><answer fraction="0"><text>b</text></answer></question></quiz>'
    ).encode()


def _qti_item(body):
    return (
        '<assessmentItem xmlns="http://www.imsglobal.org/xsd/imsqti_v2p1" identifier="a" title="t">'
        '<responseDeclaration identifier="R" cardinality="single"><correctResponse><value>A</value></correctResponse>'
        f'</responseDeclaration><itemBody>{body}<choiceInteraction responseIdentifier="R"><prompt>Which?</prompt>'
        '<simpleChoice identifier="A">a</simpleChoice><simpleChoice identifier="B">b</simpleChoice>'
        "</choiceInteraction></itemBody></assessmentItem>"
    ).encode()


def _xlsx(columns, rows):
    book = Workbook(write_only=True)
    sheet = book.create_sheet("x")
    for _ in range(rows):
        sheet.append(["x"] * columns)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _yaml_question(**fields):
    lines = "".join(f"    {name}: {value}\n" for name, value in fields.items())
    return f"schema: 1\ntitle: x\nquestions:\n  - id: a\n{lines}".encode()


# Pieces that are repeated in a text: what some rule of some syntax looks ahead or back for.
PIECES = [
    "a", " ", "\n", "\t", "a ", "a\n", "\\", "*", "_", "*a ", "*a_ ", "**a ", "a**b", "_a ", "`", "`a", "``a` ",
    "[", "]", "[a](", "![[[[", "[a](<b", "[a][", "(", "<", ">", "<a", "</", "<!--", "<![CDATA[", "<p>", "<b>",
    "</p>", "<p", "&", "&#", "&#1;", "&amp;", "&a", "~", "~~a ", "=", "=a~b", "#", "####", "{", "}", "{=a~b}",
    "->", "::", "::a", "//", "// ", "|", "| a ", "|-", "|a|b|\n", "- ", "- a\n", "> ", ">a\n", "1. ", "1. a\n",
    "1)a\n\n", "A. a\n", "ANSWER: A\n", "%", "%1", "$", ";", ",", "\"", "\"\"", "'", "a,", "\u0301", "𝒶",
    "http://a ", "www.a ", "a@b ", "(choose ", "choose all ", "not ", "a and b ", "Chapter 1\n", "1\n", "=====\n",
    "Q1. ", "and ", "A, ", "[tag:", "[tag:a]", "[id:", "\\n", "x\n\n", "    a\n", "```\n", "  \n", "* * ", '\r',
    '\x0c', "a:\n", "<pre>", "<td>", "<ul><li>", "<sup>", "* a\n  ", "(choose two ", "choose    ", "[x][y]", "`*`",
    "[[a]", "<a@b>", "> > ", "- - ", "[a\n", "[id:a", "<br>", "<a href='", "&lt;", "=a#", "~%1%", "T#", "=a->b",
    "$CATEGORY:a\n", "// [id:a] [tag:b]\n", "ANSWER:", "Answer: A\n", "Explanation: ", "a;", "\u202f", "1.a",
]  # fmt: skip


def repeated(piece, size):
    return piece * (size // len(piece))


# What stands around a repeated piece, by format: from the piece's text to a whole file.
FRAMES = {
    "gift": {
        "alone": lambda text: text.encode(),
        "comment": lambda text: f"// {text}\n::t::Which?{{=a~b}}\n".encode(),
        "stem": lambda text: f"::t::{text}{{=a~b}}\n".encode(),
        "markdown": lambda text: f"::t::[markdown]{text}{{=a~b}}\n".encode(),
        "html": lambda text: f"::t::[html]{text}{{=a~b}}\n".encode(),
        "answers": lambda text: f"::t::Which?{{=a~b{text}}}\n".encode(),
        "title": lambda text: f"::{text}::Which?{{=a~b}}\n".encode(),
        "feedback": lambda text: f"::t::Which?{{=a#{text}~b}}\n".encode(),
        "matching": lambda text: f"::t::Which?{{=a{text}->b =c->d}}\n".encode(),
        "carried": lambda text: f"// mock-exams:{text}\n::t::Which?{{=a~b}}\n".encode(),
    },
    "aiken": {
        "alone": lambda text: text.encode(),
        "option": lambda text: f"Which?\nA. {text}\nB. b\nANSWER: A\n".encode(),
        "answer": lambda text: f"Which?\nA. a\nB. b\nANSWER: {text}\n".encode(),
    },
    "plain": {
        "alone": lambda text: text.encode(),
        "stem": lambda text: f"1. {text}\n\nA. a\nB. b\n\nAnswer: A\n".encode(),
        "option": lambda text: f"1. Which?\n\nA. {text}\nB. b\n\nAnswer: A\n".encode(),
        "answer": lambda text: f"1. Which?\n\nA. a\nB. b\n\nAnswer: A{text}\n".encode(),
        "explanation": lambda text: f"1. Which?\n\nA. a\nB. b\n\nAnswer: A\nExplanation: {text}\n".encode(),
        "chapter": lambda text: f"chapter 1{text}\n\n1. Which?\n\nA. a\nB. b\n\nAnswer: A\n".encode(),
    },
    "csv": {
        "alone": lambda text: text.encode(),
        "header": lambda text: f"stem,option_1,option_2,{text}\nWhich?,a,b\n".encode(),
        "row": lambda text: f"stem,option_1,option_2\nWhich?,a,b,{text}\n".encode(),
        "stem": _csv_cell,
        "key": lambda text: ("stem,option_1,option_2,key,tags,tasks,references\n"
                             + "Which?,a,b,{0},{0},{0},{0}\n".format('"' + text.replace('"', '""') + '"')).encode(),
    },
    "yaml": {
        "alone": lambda text: text.encode(),
        "stem": lambda text: _yaml_question(stem="|\n      " + text.replace("\n", "\n      ")),
        "value": lambda text: b"schema: 1\nquestions: " + text.encode(),
        "quoted": lambda text: _yaml_question(stem="'" + text.replace("'", "''") + "'"),
    },
    "moodle": {
        "alone": lambda text: text.encode(),
        "html": _moodle,
        "markdown": lambda text: _moodle(text, "markdown"),
        "plain": lambda text: _moodle(text, "plain_text"),
        "auto": lambda text: _moodle(text, "moodle_auto_format"),
    },
    "qti21": {
        "alone": lambda text: text.encode(),
        "body": lambda text: _qti_item("<p>" + text.replace("&", "&amp;").replace("<", "&lt;") + "</p>"),
    },
    "xlsx": {"alone": lambda text: text.encode()},
}  # fmt: skip

# Shapes that no repeated piece makes: depth, many parts, many questions.
SHAPES = {
    "gift": {
        "questions": lambda n: b"::q::Which?{=a~b}\n\n" * (n // 19),
        "answers": lambda n: b"Which?{=a" + b"~b" * (n // 2) + b"}\n",
        "nested html": lambda n: b"[html]" + b"<div>" * (n // 11) + b"</div>" * (n // 11) + b"{=a~b}\n",
    },
    "csv": {
        "columns": lambda n: b"," * n + b"\n" + b"a," * 9 + b"\n",
        "named columns": lambda n: b"stem," * (n // 5) + b"\n",
        "rows of one column": lambda n: HEAD.encode() + b"a\n" * (n // 2),
        "empty rows": lambda n: HEAD.encode() + b"\n" * n,
        "rows": lambda n: HEAD.encode() + b"a,b,c,A\n" * (n // 8),
        "wide rows": lambda n: HEAD.encode() + (b"a" + b"," * 999 + b"\n") * (n // 1000),
    },
    "yaml": {
        "depth": lambda n: b"a: " + b"[" * n,
        "flow": lambda n: b"schema: 1\nquestions: [" + b"{}," * (n // 3) + b"]",
        "keys": lambda n: b"".join(b"k%d: 1\n" % i for i in range(n // 10)),
        "anchors": lambda n: b"".join(b"k%d: &a%d [1]\n" % (i, i) for i in range(n // 16)),
        "aliases": lambda n: b"a: &a [x]\nb: [" + b"*a," * (n // 3) + b"]",
        "tags": lambda n: _yaml_question(stem="x", tags="[" + "a," * (n // 2) + "]"),
        "options": lambda n: _yaml_question(stem="x", options="[" + "{text: a}," * (n // 10) + "]"),
        "indented": lambda n: b"".join(b" " * i + b"a:\n" for i in range(int((2 * n) ** 0.5))),
        "digits": lambda n: b"schema: " + b"9" * n,
    },
    "moodle": {
        "depth": lambda n: b"<quiz>" + b"<a>" * (n // 3),
        "attributes": lambda n: b"<quiz " + b"".join(b"a%d='' " % i for i in range(n // 9)) + b"/>",
        "answers": lambda n: (
            b'<quiz><question type="multichoice">' + b'<answer fraction="0"/>' * (n // 22) + b"</question></quiz>"
        ),
        "questions": lambda n: b"<quiz>" + b'<question type="multichoice"/>' * (n // 30) + b"</quiz>",
        "tags": lambda n: (
            b'<quiz><question type="multichoice"><tags>'
            + b"".join(b"<tag><text>t%d</text></tag>" % i for i in range(n // 30))
            + b"</tags></question></quiz>"
        ),
        "long name": lambda n: b"<quiz><" + b"a" * n + b"/></quiz>",
    },
    "qti21": {
        "elements": lambda n: _qti_item("<p>a</p>" * (n // 8)),
        "zip of many": lambda n: write_package({f"f{i}": b"" for i in range(n // 100)}),
        "bomb": lambda n: write_package({"imsmanifest.xml": b" " * (n * 100)}),
    },
    "xlsx": {
        "wide": lambda n: _xlsx(n // 20, 2),
        "tall": lambda n: _xlsx(1, n // 20),
    },
}


def files(name, size):
    """Yield (what it is, the file) for a format: every piece in every frame, and the shapes."""
    for frame, build in FRAMES[name].items():
        for piece in PIECES:
            yield f"{frame} {piece!r}", build(repeated(piece, size))
    for shape, build in SHAPES.get(name, {}).items():
        yield shape, build(size)
