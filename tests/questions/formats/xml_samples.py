"""Small files of other programs' shape, written after the formats' documents, and the good files that tests break."""

import datetime as dt
import io
import zipfile
from functools import cache
from pathlib import Path

from questions.bankfiles import QuestionEntry, find_files, read_bank
from questions.formats.base import Defaults

FIXTURES = Path(__file__).parents[3] / "fixtures"
DAY = dt.date(2026, 1, 1)

DEFAULTS = Defaults(valid_as_of=DAY, difficulty="hard", tags=("imported",), tasks={"mls-c01": "1.1"})
EMPTY = Defaults(valid_as_of=DAY)


@cache
def bank():
    """Return the questions of the real bank."""
    return tuple(read_bank(find_files([FIXTURES])).questions)


def bank_texts():
    """Return every Markdown text of the real bank once."""
    texts = {text for entry in bank() for text in (entry.stem, entry.case, entry.explanation, entry.service_note)}
    texts |= {text for entry in bank() for option in entry.options for text in (option.text, option.rationale)}
    return sorted(texts - {""})


def as_drafts(entries):
    """Return entries as they come back from a format that does not carry the status."""
    return [entry.model_copy(update={"status": "draft"}) for entry in entries]


def entry(**changes):
    given = {
        "id": "store-01",
        "kind": "single",
        "stem": "Where do objects go?",
        "options": [
            {"text": "Amazon S3", "key": True, "rationale": "It stores objects."},
            {"text": "Amazon EBS", "rationale": "It stores blocks."},
        ],
        "explanation": "Objects go to object storage.",
        "tasks": {"mls-c01": "1.1"},
        "difficulty": "easy",
        "valid_as_of": "2026-11-21",
        "status": "draft",
    }
    return QuestionEntry.model_validate(given | changes)


# --- Moodle --------------------------------------------------------------------------------------------------


def moodle(*questions):
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<quiz>\n{"".join(questions)}</quiz>\n'.encode()


def moodle_question(kind="multichoice", inner="", text="Which one?", **attributes):
    described = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return (
        f'<question type="{kind}"{described}><name><text>A name</text></name>'
        f'<questiontext format="html"><text>{text}</text></questiontext>{inner}</question>\n'
    )


def moodle_answers(*answers):
    return "".join(
        f'<answer fraction="{fraction}" format="html"><text>{text}</text></answer>' for fraction, text in answers
    )


# --- QTI -----------------------------------------------------------------------------------------------------

QTI_NAMESPACE = "http://www.imsglobal.org/xsd/imsqti_v2p1"
MANIFEST = """<?xml version="1.0"?>
<manifest xmlns="http://www.imsglobal.org/xsd/imscp_v1p1" identifier="m">
<metadata><schema>QTIv2.1 Package</schema><schemaversion>1.0.0</schemaversion></metadata><organizations/>
<resources>{}</resources></manifest>"""
RESOURCE = '<resource identifier="r{0}" type="imsqti_item_xmlv2p1" href="{1}">{2}<file href="{1}"/></resource>'
CHOICES = '<simpleChoice identifier="a">One</simpleChoice><simpleChoice identifier="b">Two</simpleChoice>'


def qti_item(
    body=None,
    correct=("a",),
    cardinality="single",
    extra="",
    attributes="",
    base="identifier",
    declaration=None,
    choices=CHOICES,
    prompt="Which one?",
):
    values = "".join(f"<value>{value}</value>" for value in correct)
    declared = f"<correctResponse>{values}</correctResponse>" if correct else ""
    if declaration is None:
        declaration = (
            f'<responseDeclaration identifier="RESPONSE" cardinality="{cardinality}" baseType="{base}">{declared}'
            "</responseDeclaration>"
        )
    if body is None:
        body = (
            f'<choiceInteraction responseIdentifier="RESPONSE" shuffle="true" maxChoices="1"><prompt>{prompt}</prompt>'
            f"{choices}</choiceInteraction>"
        )
    return (
        f'<assessmentItem xmlns="{QTI_NAMESPACE}" identifier="item-1" title="A title" adaptive="false" '
        f'timeDependent="false" {attributes}>{declaration}<itemBody>{body}</itemBody>{extra}</assessmentItem>'
    ).encode()


def package(files, compression=zipfile.ZIP_DEFLATED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def manifest(*paths, metadata=""):
    resources = "".join(RESOURCE.format(number, path, metadata) for number, path in enumerate(paths))
    return MANIFEST.format(resources).encode()


def qti_package(**items):
    paths = {f"{name}.xml": data for name, data in items.items()}
    return package({"imsmanifest.xml": manifest(*paths), **paths})


def repacked(data, change):
    """Return a package in which `change(name, data)` made each file; None leaves it out."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        files = {name: change(name, archive.read(name)) for name in archive.namelist()}
    return package({name: data for name, data in files.items() if data is not None})
