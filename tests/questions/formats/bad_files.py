"""Bad files for the formats of text and tables, made by code: each is refused as a whole or question by question."""

import io
import random
import zipfile

from openpyxl import Workbook

YAML_HEAD = "schema: 1\ntitle: T\nquestions:\n"
YAML_GOOD = (
    YAML_HEAD + "- id: a\n  kind: single\n  tasks: {c: '1.1'}\n  difficulty: easy\n  valid_as_of: 2026-01-01\n"
    "  stem: Which one?\n  options:\n  - {text: x, key: true}\n  - {text: y}\n"
)
CSV_HEAD = "stem,option_1,option_2,option_3,key,kind,tasks,valid_as_of,difficulty,references,shuffle,match_1,decoy_1\n"
GIFT_GOOD = "::a::Which one?{=x ~y ~z}\n"
AIKEN_GOOD = "Which one?\nA. x\nB. y\nANSWER: A\n"
PLAIN_GOOD = "1. Which one?\n\nA. x\nB. y\n\nAnswer: A\n"
# What may stand in no text: each is put into a good file of every format of text.
CHARACTERS = {
    "nul": "\0",
    "bell": "\a",
    "escape": "\x1b",
    "delete": "\x7f",
    "c1": "\x85",
    "rlo": "\u202e",
    "lri": "\u2066",
    "pdi": "\u2069",
    "lre": "\u202a",
    "line-separator": "\u2028",
    "non-character": "\uffff",
}
GOOD = {
    "yaml": YAML_GOOD,
    "csv": CSV_HEAD + "Which one?,x,y\n",
    "gift": GIFT_GOOD,
    "aiken": AIKEN_GOOD,
    "plain": PLAIN_GOOD,
}


def yaml_with(old: str, new: str) -> str:
    assert old in YAML_GOOD
    return YAML_GOOD.replace(old, new)


def workbook(rows, **names) -> bytes:
    book = Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return repacked(buffer.getvalue(), **names)


def repacked(data: bytes, *, replace=(), add=(), leave_out=()) -> bytes:
    """Return the archive with texts in its sheet replaced, parts added, parts left out."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = old.read(name)
            if name == "xl/worksheets/sheet1.xml":
                for before, after in replace:
                    part = part.replace(before, after)
            if name not in leave_out:
                new.writestr(name, part)
        for name, part in add:
            new.writestr(name, part)
    return buffer.getvalue()


SIMPLE = [["stem", "option_1", "option_2", "key"], ["Which one?", "x", "y", "A"]]


def sheet_with(xml: bytes) -> bytes:
    return workbook(SIMPLE, replace=[(b"</sheetData>", xml + b"</sheetData>")])


def noise(count: int) -> bytes:
    """Return bytes that do not pack, so that no limit on the ratio hides another limit."""
    return random.Random(1).randbytes(count)


def _yaml():
    return {
        "list": "- 1\n- 2\n",
        "scalar": "hello",
        "no-questions": "schema: 1\ntitle: x\n",
        "certification": "schema: 1\ncertification: {code: x}\n",
        "no-schema": "questions: []\n",
        "schema-2": "schema: 2\nquestions: []\n",
        "unknown-key": "schema: 1\nauthor: x\nquestions: [{}]\n",
        "no-list": "schema: 1\nquestions: 7\n",
        "empty-list": "schema: 1\nquestions: []\n",
        "no-mapping": YAML_HEAD + "- just a text\n",
        "unclosed": YAML_HEAD + "- {id: a\n",
        "tab": "a:\n\t- b\n",
        "two-documents": "--- {}\n--- {}\n",
        "version": "%YAML 9.9\n---\na: 1\n",
        "duplicate-key": YAML_GOOD + "  stem: Again?\n",
        "alias": "schema: 1\ntitle: &a x\nquestions: [*a]\n",
        "bomb": "a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n",
        "python": "!!python/object/apply:os.system ['true']\n",
        "deep-flow": "[" * 100_000,
        "deep-block": "- " * 100_000,
        "deep-map": "{a: " * 50_000,
        "deep-key": "? " * 50_000,
        "many": "- a\n" * 900_000,
        "many-questions": YAML_HEAD + "- {}\n" * 5_001,
        "long-number": "a: " + "9" * 10_000,
        "bad-binary": YAML_HEAD + "- {id: !!binary '=!'}\n",
        "bad-date": YAML_HEAD + "- {id: !!timestamp 2026-99-99}\n",
        "unhashable": "? [a]\n: b\n",
        "merge": YAML_HEAD + "- {<<: [1]}\n",
        "set": YAML_HEAD + "- {tags: !!set {a}}\n",
        "unknown-kind": yaml_with("kind: single", "kind: essay"),
        "no-kind": yaml_with("  kind: single\n", ""),
        "kind-list": yaml_with("kind: single", "kind: [single]"),
        "no-stem": yaml_with("stem: Which one?", "stem: ''"),
        "stem-number": yaml_with("stem: Which one?", "stem: 7"),
        "stem-map": yaml_with("stem: Which one?", "stem: {a: b}"),
        "bad-day": yaml_with("2026-01-01", "2026-02-30"),
        "bad-difficulty": yaml_with("easy", "horrible"),
        "bad-id": yaml_with("id: a", "id: A b!"),
        "long-id": yaml_with("id: a", f"id: {'a' * 51}"),
        "extra-field": YAML_GOOD + "  answer: x\n",
        "option-extra": yaml_with("{text: y}", "{text: y, right: true}"),
        "option-text": yaml_with("{text: y}", "y"),
        "option-twice": yaml_with("{text: y}", "{text: X}"),
        "one-option": yaml_with("  - {text: y}\n", ""),
        "options-map": yaml_with("\n  - {text: x, key: true}\n  - {text: y}", " {a: b}"),
        "nine-options": YAML_GOOD + "".join(f"  - {{text: o{number}}}\n" for number in range(7)),
        "match-in-single": yaml_with("{text: y}", "{text: y, match: z}"),
        "decoy-in-single": YAML_GOOD + "  decoys: [z]\n",
        "key-in-ordering": yaml_with("kind: single", "kind: ordering"),
        "tags-text": YAML_GOOD + "  tags: a\n",
        "tag-bad": YAML_GOOD + "  tags: [A B]\n",
        "tasks-list": yaml_with("{c: '1.1'}", "[c]"),
        "status": YAML_GOOD + "  status: retired\n",
        "long-text": yaml_with("Which one?", "x" * 20_001),
        "escaped-nul": yaml_with("Which one?", '"a\\0b"'),
        "escaped-bidi": yaml_with("Which one?", '"a\\u202Eb"'),
    }


def _csv():
    def row(text):
        return CSV_HEAD + text + "\n"

    return {
        "no-header": "1,2,3\n4,5,6\n",
        "header-only": CSV_HEAD,
        "missing-column": "stem,option_1\na,b\n",
        "unknown-column": "stem,option_1,option_2,answer\na,b,c,d\n",
        "column-twice": "stem,stem,option_1,option_2\na,b,c,d\n",
        "open-quote": row('"Which one?,x,y'),
        "quote-inside": row('"Which" one?,x,y'),
        "no-stem": row(",x,y,,A"),
        "one-option": row("Which?,x"),
        "gap": row("Which?,x,,z,A"),
        "no-option": row("Which?"),
        "key-word": row("Which?,x,y,,right"),
        "key-missing-option": row("Which?,x,y,,C"),
        "key-out": row("Which?,x,y,,J"),
        "kind": row("Which?,x,y,,A,essay"),
        "key-in-ordering": row("Which?,x,y,,A,ordering"),
        "task": row("Which?,x,y,,A,,1.1"),
        "task-twice": row("Which?,x,y,,A,,c:1.1;c:1.2"),
        "day": row("Which?,x,y,,A,,,2026-13-01"),
        "difficulty": row("Which?,x,y,,A,,,,so-so"),
        "reference": row("Which?,x,y,,A,,,,,just a title"),
        "shuffle": row("Which?,x,y,,A,,,,,,maybe"),
        "match-in-single": row("Which?,x,y,,A,single,,,,,,m"),
        "decoy-in-single": row("Which?,x,y,,A,single,,,,,,,d"),
        "same-options": row("Which?,x,X,,A"),
        "cell-beyond": row("Which?,x,y,,A,,,,,,,,,beyond"),
        "long-cell": row(f"{'x' * 20_001},x,y,,A"),
        "many-rows": CSV_HEAD + "Which?,x,y,,A\n" * 5_001,
        "latin-1": row("Wie wählt man?,x,y,,A").encode("latin-1"),
        "one-line": "x" * 500_000,
        "only-commas": "," * 1_000_000,
        "only-lines": "\n" * 1_000_000 + "x",
    }


def _xlsx():
    good = workbook(SIMPLE)
    strings = b"".join(b"<si><t>%d-%d</t></si>" % (number, number * 7919 % 999_983) for number in range(250_000))
    types = zipfile.ZipFile(io.BytesIO(good)).read("[Content_Types].xml")
    shared = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    part = b'<Override PartName="/xl/sharedStrings.xml" ContentType="' + shared + b'"/></Types>'
    declared = ("[Content_Types].xml", types.replace(b"</Types>", part))
    return {
        "text": b"stem,option_1,option_2\n",
        "random": noise(5_000),
        "truncated": good[:-200],
        "half": good[: len(good) // 2],
        "empty-zip": repacked(good, leave_out=zipfile.ZipFile(io.BytesIO(good)).namelist()),
        "no-workbook": repacked(good, leave_out=["xl/workbook.xml"]),
        "no-types": repacked(good, leave_out=["[Content_Types].xml"]),
        "no-sheet": repacked(good, leave_out=["xl/worksheets/sheet1.xml"]),
        "no-rels": repacked(good, leave_out=["xl/_rels/workbook.xml.rels"]),
        "traversal": repacked(good, add=[("../evil.xml", b"<a/>")]),
        "absolute": repacked(good, add=[("/etc/passwd", b"x")]),
        "nested": repacked(good, add=[("xl/inner.zip", good)]),
        "many-parts": repacked(good, add=[(f"xl/{n}.xml", b"") for n in range(12_001)]),
        "bomb": repacked(good, add=[("xl/media/a.xml", b" " * 19_000_000)]),
        "large-part": repacked(good, add=[("xl/a.xml", b"0" * 21_000_000)]),
        "empty-rows": sheet_with(b"".join(b'<row r="%d"/>' % number for number in range(4, 1_000_000))),
        "styled-rows": sheet_with(
            b"".join(b'<row r="%d"><c r="A%d" s="0"/></row>' % (n, n) for n in range(4, 400_000))
        ),
        "last-row": sheet_with(b'<row r="1048576"><c r="A1048576"><v>1</v></c></row>'),
        "row-beyond": sheet_with(b'<row r="999999999"><c r="A999999999"><v>1</v></c></row>'),
        "row-name": sheet_with(b'<row r="x"><c r="A9"><v>1</v></c></row>'),
        "cell-name": sheet_with(b'<row r="9"><c r="%%"><v>1</v></c></row>'),
        "number": sheet_with(b'<row r="9"><c r="A9"><v>x</v></c></row>'),
        "type": sheet_with(b'<row r="9"><c r="A9" t="s"><v>7</v></c></row>'),
        "open-tag": workbook(SIMPLE, replace=[(b"</sheetData>", b"<row>")]),
        "doctype": workbook(SIMPLE, replace=[(b"<worksheet", b"<!DOCTYPE a [<!ENTITY b 'c'>]><worksheet")]),
        "strings": repacked(
            good,
            leave_out=["[Content_Types].xml"],
            add=[
                declared,
                (
                    "xl/sharedStrings.xml",
                    b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">' + strings + b"</sst>",
                ),
            ],
        ),
        "formula": workbook([SIMPLE[0], ["=1+1", "x", "y", "A"]]),
        "formula-option": workbook([SIMPLE[0], ["Which?", "=A1", "y", "A"]]),
        "header-formula": workbook([["=A1", "option_1", "option_2"], ["a", "b", "c"]]),
        "empty": workbook([]),
        "header-only": workbook([SIMPLE[0]]),
        "unknown-column": workbook([[*SIMPLE[0], "answer"], [*SIMPLE[1], "x"]]),
        "many-questions": workbook([SIMPLE[0], *([SIMPLE[1]] * 5_001)]),
        "bidi": workbook([SIMPLE[0], ["a\u202eb", "x", "y", "A"]]),
    }


def _gift():
    return {
        "prose": "Just a text without any answers.\n",
        "essay": "Say why.{}\n",
        "short": "Capital?{=Ro*}\n",
        "numeric": "Pi?{#three}\n",
        "no-key": "Which?{~a ~b}\n",
        "two-keys": "Which?{=a =b ~c}\n",
        "shares": "Which?{~%50%a ~%40%b ~c}\n",
        "shares-high": "Which?{~%70%a ~%60%b ~c}\n",
        "share-size": "Which?{~%500%a ~b}\n",
        "unclosed": "Which?{=a ~b\n",
        "closed-early": "Which?}{=a ~b\n",
        "twice": "Which?{=a ~b}{=c ~d}\n",
        "blank": "Which?{=a\n\n~b}\n",
        "no-marks": "Which?{a b}\n",
        "one-answer": "Which?{=a ~a}\n",
        "no-stem": "{=a ~b}\n",
        "comment": "// mock-exams: {\nWhich?{=a ~b}\n",
        "comment-extra": '// mock-exams: {"id": "x"}\nWhich?{=a ~b}\n',
        "comment-kind": '// mock-exams: {"references": 7}\nWhich?{=a ~b}\n',
        "comment-deep": f"// mock-exams: {'[' * 100_000}\nWhich?{{=a ~b}}\n",
        "nine": "Which?{=a " + " ".join(f"~b{n}" for n in range(9)) + "}\n",
        "html-deep": f"[html]{'<b>' * 5_000}Which?{{=a ~b}}\n",
        "matching-same": "Match{=a -> b =a -> c}\n",
        "many": GIFT_GOOD.replace("::a::", "").replace("\n", "\n\n") * 5_001,
        "long": f"{'x' * 20_001}{{=a ~b}}\n",
        "backslashes": "\\" * 100_000 + "{=a ~b}\n",
    }


def _aiken():
    return {
        "prose": "Just a text.\n",
        "no-answer": "Which?\nA. x\nB. y\n",
        "answer-out": "Which?\nA. x\nB. y\nANSWER: C\n",
        "answer-either": "Which?\nA. x\nB. y\nANSWER: A or B\n",
        "answer-none": "Which?\nA. x\nB. y\nANSWER:\n",
        "order": "Which?\nA. x\nC. y\nANSWER: A\n",
        "one": "Which?\nA. x\nANSWER: A\n",
        "wrapped": "Which?\nA. x\nand more\nB. y\nANSWER: A\n",
        "no-stem": "A. x\nB. y\nANSWER: A\n",
        "no-options": "Which?\nANSWER: A\n",
        "last-open": AIKEN_GOOD + "\nWhich else?\n",
        "same": "Which?\nA. x\nB. X\nANSWER: A\n",
        "many": (AIKEN_GOOD + "\n") * 5_001,
        "letters": "Which?\n" + "".join(f"{chr(65 + n)}. o{n}\n" for n in range(12)) + "ANSWER: A\n",
    }


def _plain():
    return {
        "prose": "Just a text.\n\nAnd more of it.\n",
        "numbers": "1. milk\n2. bread\n3. tea\n",
        "one": "1. Which?\n\nA. x\n\n2. Why?\n",
        "answer-out": "1. Which?\n\nA. x\nB. y\n\nAnswer: D\n",
        "answer-word": "1. Which?\n\nA. x\nB. y\n\nAnswer: the first\n",
        "same": "1. Which?\n\nA. x\nB. X\n",
        "long": f"1. {'x ' * 20_000}\n\nA. x\nB. y\n",
        "stars": "*" * 1_000_000,
        "many": "".join(f"{n % 9000 + 1}. Which?\n\nA. x{n}\nB. y\n\n" for n in range(5_001)),
        "spaces": " " * 1_000_000 + "x",
    }


def _bytes():
    """Files that no format of text reads, whatever the rest of them."""
    return {
        "empty": b"",
        "blank": b"  \n\n\t ",
        "random": noise(20_000),
        "utf-32": GIFT_GOOD.encode("utf-32"),
        "half-utf-16": b"\xff\xfea",
        "utf-16-no-mark": GIFT_GOOD.encode("utf-16-le"),
        "latin-1": "1. Größe?\n".encode("latin-1"),
        "large": b"x" * 50_000_000,
        "surrogate": b"1. \xed\xa0\x80\n",
        "overlong": b"1. \xc0\xaf\n",
        "png": b"\x89PNG\r\n\x1a\n" + noise(100),
    }


def corpus() -> dict[str, dict[str, bytes]]:
    """Return name → bytes of the bad files of each format."""
    found = {"yaml": _yaml(), "csv": _csv(), "xlsx": _xlsx(), "gift": _gift(), "aiken": _aiken(), "plain": _plain()}
    for name, good in GOOD.items():
        found[name] |= _bytes()
        found[name] |= {
            f"character-{mark}": good.replace("Which one?", f"Which{character} one?")
            for mark, character in CHARACTERS.items()
        }
    return {
        name: {case: text if isinstance(text, bytes) else text.encode() for case, text in cases.items()}
        for name, cases in found.items()
    }
