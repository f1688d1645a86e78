"""Bad XML files and packages, made here: each must be refused with a message that says why.

A file is refused as a whole (`Unreadable`) or in its only question; `says` is a part of what it is told.
"""

import gzip
import io
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain

from tests.questions.formats.xml_samples import (
    CHOICES,
    moodle,
    moodle_answers,
    moodle_question,
    package,
    qti_item,
    qti_package,
)
from tests.questions.formats.xml_samples import manifest as manifest_of

RIGHT = moodle_answers((100, "One"), (0, "Two"))
GOOD = moodle(moodle_question(inner=RIGHT))
ITEM = qti_item()
MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Bad:
    name: str
    format: str
    data: bytes | Callable[[], bytes]  # large ones are made when they are needed
    says: str

    def read(self) -> bytes:
        return self.data() if callable(self.data) else self.data


# --- XML that is refused before anything is made of it -------------------------------------------------------


def _with_dtd(document, dtd):
    head, _, rest = document.partition(b"?>\n") if document.startswith(b"<?xml") else (b"", b"", document)
    return head + (b"?>\n" if head else b"") + dtd + rest


LAUGHS = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10))
DTDS = {
    "internal": b"<!DOCTYPE quiz []>",
    "system": b'<!DOCTYPE quiz SYSTEM "http://127.0.0.1:9/x.dtd">',
    "public": b'<!DOCTYPE quiz PUBLIC "-//W3C//DTD XHTML 1.0//EN" "http://www.w3.org/TR/xhtml1.dtd">',
    "html": b'<!DOCTYPE html SYSTEM "about:legacy-compat">',
    "entity": b'<!DOCTYPE quiz [<!ENTITY a "b">]>',
    "laughs": b'<!DOCTYPE quiz [<!ENTITY l0 "ha">' + LAUGHS + b"]>",
    "quadratic": b'<!DOCTYPE quiz [<!ENTITY a "' + b"x" * 100_000 + b'">]>',
    "file": b'<!DOCTYPE quiz [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
    "web": b'<!DOCTYPE quiz [<!ENTITY a SYSTEM "http://169.254.169.254/latest/">]>',
    "parameter": b'<!DOCTYPE quiz [<!ENTITY % a SYSTEM "http://127.0.0.1:9/a"> %a;]>',
    "unparsed": b'<!DOCTYPE quiz [<!NOTATION n SYSTEM "n"><!ENTITY a SYSTEM "a.gif" NDATA n>]>',
    "default": b'<!DOCTYPE quiz [<!ATTLIST answer fraction CDATA "100">]>',
}

NOT_XML = {
    "empty": (b"", "is empty"),
    "blank": (b" \n\t\n", "is empty"),
    "words": (b"Which one?\nA. One\nB. Two\n", "not well-formed"),
    "json": (b'{"questions": []}', "not well-formed"),
    "yaml": (b"schema: 1\nquestions: []\n", "not well-formed"),
    "png": (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "not well-formed"),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "not well-formed"),
    "gzip": (gzip.compress(GOOD, mtime=0), "not well-formed"),
    "declaration-only": (b'<?xml version="1.0"?>', "not well-formed"),
    "comment-only": (b"<!-- quiz -->", "not well-formed"),
    "text-before": (b"x" + GOOD, "not well-formed"),
    "text-after": (GOOD + b"x", "not well-formed"),
    "two-roots": (GOOD + b"<quiz/>", "not well-formed"),
    "blank-before-declaration": (b"\n" + GOOD, "not well-formed"),
    "nul": (GOOD.replace(b"One", b"O\0ne"), "not well-formed"),
    "control": (GOOD.replace(b"One", b"O\x01ne"), "not well-formed"),
    "reference-to-nul": (GOOD.replace(b"One", b"&#0;"), "not well-formed"),
    "reference-to-control": (GOOD.replace(b"One", b"&#x1b;"), "not well-formed"),
    "reference-to-surrogate": (GOOD.replace(b"One", b"&#xD800;"), "not well-formed"),
    "reference-to-nothing": (GOOD.replace(b"One", b"&#xFFFF;"), "not well-formed"),
    "reference-beyond": (GOOD.replace(b"One", b"&#x110000;"), "not well-formed"),
    "entity-unknown": (GOOD.replace(b"One", b"&nbsp;"), "not well-formed"),
    "ampersand": (GOOD.replace(b"One", b"R&D"), "not well-formed"),
    "less-than": (GOOD.replace(b"One", b"a < b"), "not well-formed"),
    "unclosed": (GOOD.replace(b"</question>", b""), "not well-formed"),
    "crossed": (GOOD.replace(b"</text></name>", b"</name></text>"), "not well-formed"),
    "cdata-open": (GOOD.replace(b"One", b"<![CDATA[One"), "not well-formed"),
    "cdata-end": (GOOD.replace(b"One", b"]]>"), "not well-formed"),
    "comment-hyphens": (GOOD.replace(b"One", b"<!-- a -- b -->"), "not well-formed"),
    "instruction-open": (GOOD.replace(b"One", b"<?php echo 1"), "not well-formed"),
    "attribute-twice": (GOOD.replace(b'format="html"', b'format="html" format="html"'), "not well-formed"),
    "attribute-bare": (GOOD.replace(b'format="html"', b"format=html"), "not well-formed"),
    "prefix-unknown": (GOOD.replace(b"quiz>", b"m:quiz>"), "not well-formed"),
    "encoding-unknown": (GOOD.replace(b"UTF-8", b"KLINGON"), "cannot be decoded|not well-formed"),
    "encoding-wide": (GOOD.replace(b"UTF-8", b"UTF-16"), "not well-formed"),
    "encoding-no-text": (GOOD.replace(b"UTF-8", b"base64"), "cannot be decoded|not well-formed"),
    "latin-1-as-utf-8": (GOOD.replace(b"One", "Größe".encode("latin-1")), "not well-formed"),
    "cp1252-quotes": (GOOD.replace(b"One", b"\x93One\x94"), "not well-formed"),
    "overlong": (GOOD.replace(b"One", b"\xc0\xaf"), "not well-formed"),
    "surrogate-bytes": (GOOD.replace(b"One", b"\xed\xa0\x80"), "not well-formed"),
    "cut-character": (GOOD.replace(b"One", b"\xe2\x82"), "not well-formed"),
    "utf-16-cut": (GOOD.decode().replace("UTF-8", "UTF-16").encode("utf-16")[:-1], "not well-formed"),
    "utf-32": (GOOD.decode().encode("utf-32"), "not well-formed"),
    "utf-7": (GOOD.replace(b"UTF-8", b"UTF-7"), "cannot be decoded|not well-formed"),
    "deep": (b"<quiz>" + b"<a>" * 101, "more than 100 deep"),
    "very-deep": (lambda: b"<quiz>" + b"<a>" * 2 * MEGABYTE, "more than 100 deep"),
    "many-elements": (lambda: b"<quiz>" + b"<a/>" * 450_000 + b"</quiz>", "more than 400,000 elements"),
    "many-attributes": (
        b"<quiz " + b" ".join(b'a%d=""' % n for n in range(1_000)) + b"/>",
        "1,000 attributes; the limit is 50",
    ),
    "large": (lambda: b"<quiz>".ljust(20 * MEGABYTE + 1, b"x"), "20 MB; the limit is 20 MB"),
    "very-large": (lambda: b"<quiz/>".rjust(50 * MEGABYTE), "50 MB; the limit is 20 MB"),
    "html": (b"<html><body><p>Which one?</p></body></html>", "begins with <html>"),
    "feed": (b'<feed xmlns="http://www.w3.org/2005/Atom"/>', "begins with <.*feed>"),
    "svg": (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "begins with <.*svg>"),
}
NOT_XML |= {f"cut-at-{share}": (GOOD[: len(GOOD) * share // 100], "not well-formed") for share in (10, 40, 70, 95)}


# --- Moodle --------------------------------------------------------------------------------------------------


def _multiple(*fractions):
    answers = moodle_answers(*((fraction, f"Option {number}") for number, fraction in enumerate(fractions)))
    return moodle_question(inner=f"<single>false</single>{answers}")


def _single(*fractions):
    return moodle_question(
        inner=moodle_answers(*((fraction, f"Option {number}") for number, fraction in enumerate(fractions)))
    )


def _tagged(tag):
    return moodle_question(inner=f"{RIGHT}<tags><tag><text>{tag}</text></tag></tags>")


def _explained(text):
    return moodle_question(inner=f'{RIGHT}<generalfeedback format="markdown"><text>{text}</text></generalfeedback>')


def _pairs(*pairs):
    return moodle_question(
        "matching",
        "".join(
            f"<subquestion><text>{text}</text><answer><text>{match}</text></answer></subquestion>"
            for text, match in pairs
        ),
    )


UNKNOWN_TYPES = (
    *("essay", "calculated", "calculatedsimple", "calculatedmulti", "cloze", "multianswer"),
    *("description", "ddwtos", "ddmarker", "gapselect", "randomsamatch", "coderunner", "stack", "", "MULTICHOICE"),
)
MOODLE_QUESTIONS = {
    "no-answer": (moodle_question(), "0 options; give 2 to 8"),
    "one-answer": (_single(100), "1 option; give 2 to 8"),
    "nine-answers": (_single(100, *[0] * 8), "9 options; give 2 to 8"),
    "many-answers": (_single(100, *[0] * 2_000), "2001 options; give 2 to 8"),
    "sum-75": (_multiple(50, 25, 0), "sum to 75; they must add up to 100"),
    "sum-99": (_multiple(33, 33, 33), "sum to 99; they must add up to 100"),
    "sum-150": (_multiple(100, 50, 0), "sum to 150; they must add up to 100"),
    "best-50": (_single(50, 0), "is worth 50 %; the right one must be worth 100 %"),
    "best-99": (_single(99, 0), "is worth 99 %; the right one must be worth 100 %"),
    "fraction-word": (_single("all", 0), "“all” is not a number"),
    "fraction-comma": (_multiple("33,33333", 0), "“33,33333” is not a number; write one with a point"),
    "fraction-nan": (_single("NaN", 0), "“NaN” is not a number"),
    "fraction-infinite": (_single("inf", 0), "“inf” is not a number"),
    "fraction-huge": (_single("1e999", 0), "“1e999” is not a number"),
    "fraction-200": (_single(200, 0), "worth 200 %; −100 to 100 are possible"),
    "fraction-minus-200": (_single(100, -200), "worth -200 %; −100 to 100 are possible"),
    "true-false-three": (
        moodle_question("truefalse", moodle_answers((100, "true"), (0, "false"), (0, "maybe"))),
        "two answers, one of them worth 100 %",
    ),
    "true-false-none": (
        moodle_question("truefalse", moodle_answers((0, "true"), (0, "false"))),
        "one of them worth 100",
    ),
    "true-false-both": (
        moodle_question("truefalse", moodle_answers((100, "true"), (100, "false"))),
        "one of them worth",
    ),
    "true-false-empty": (moodle_question("truefalse"), "a true/false question has two answers"),
    "no-prompt": (_pairs(), "0 options; give 2 to 8"),
    "one-prompt": (_pairs(("A", "1")), "1 option; give 2 to 8"),
    "nine-matches": (_pairs(*((f"A{n}", str(n)) for n in range(8)), ("", "9")), "9 matches to choose from"),
    "decoy-is-a-match": (_pairs(("A", "1"), ("B", "2"), ("", "1")), "is the match of an option"),
    "same-prompt": (_pairs(("A", "1"), ("A", "2")), "appears 2 times; make every option different"),
    "one-to-order": (moodle_question("ordering", moodle_answers((1, "One"))), "1 option; give 2 to 8"),
    "no-text": (moodle_question(inner=RIGHT, text=""), "stem"),
    "blank-text": (moodle_question(inner=RIGHT, text="&lt;p&gt; &lt;/p&gt;"), "stem"),
    "picture-only": (moodle_question(inner=RIGHT, text='&lt;img src="a.png"&gt;'), "stem"),
    "same-answer": (moodle_question(inner=moodle_answers((100, "One"), (0, "one "))), "appears 2 times"),
    "empty-answer": (moodle_question(inner=moodle_answers((100, "One"), (0, ""))), "options.1.text"),
    "long-text": (moodle_question(inner=RIGHT, text="x" * 20_001), "20,001 characters; the limit is 20,000"),
    "long-html": (moodle_question(inner=RIGHT, text="x" * 100_001), "100,001 characters of HTML"),
    "deep-html": (moodle_question(inner=RIGHT, text="&lt;b&gt;" * 60), "or 50 in each other"),
    "many-tags": (moodle_question(inner=RIGHT, text="&lt;b&gt;x&lt;/b&gt;" * 3_001), "more than 3,000 elements"),
    "no-html": (moodle_question(inner=RIGHT, text="a &lt;!["), "is not HTML"),
    "worth-nothing-known": (
        moodle_question(inner=f"<defaultgrade>much</defaultgrade>{RIGHT}"),
        "“much” is not a number",
    ),
    "difficulty": (_tagged("difficulty:extreme"), "difficulty"),
    "day": (_tagged("valid-as-of:2026-02-30"), "valid_as_of"),
    "day-word": (_tagged("valid-as-of:yesterday"), "valid_as_of"),
    "task-without-certification": (_tagged("task::1.1"), "tasks"),
    "task-of-no-slug": (_tagged("task:MLS C01:1.1"), "tasks"),
    "block-no-json": (_explained("```question-data\nno\n```"), "its block “question-data”"),
    "block-list": (_explained("```question-data\n[1]\n```"), "its block “question-data”"),
    "block-unknown": (_explained('```question-data\n{"key": [1]}\n```'), "key Extra inputs are not permitted"),
    "block-wrong-type": (_explained('```question-data\n{"references": "S3"}\n```'), "references"),
    "block-deep": (_explained("```question-data\n" + "[" * 5_000 + "\n```"), "its block “question-data”"),
    "block-source": (
        _explained('```question-data\n{"source": {"id": "a", "chapter": 99999, "title": "T"}}\n```'),
        "source.chapter",
    ),
}
# What XML lets pass and no text may hold.
MOODLE_QUESTIONS |= {
    f"character-{ord(character):04x}": (
        moodle_question(inner=RIGHT, text=f"Which{character} one?"),
        f"U+{ord(character):04X}".replace("+", r"\+"),
    )
    for character in "\x7f\x85\u2028\u202a\u202e\u2066\u2069\ufdd0\U0001fffe"
}
MOODLE_FILES = {
    "no-question": (moodle(), "The file contains no questions"),
    "category-only": (
        moodle('<question type="category"><category><text>top</text></category></question>'),
        "no question",
    ),
    "other-namespace": (GOOD.replace(b"<quiz>", b'<quiz xmlns="urn:x">'), "Moodle XML begins with <quiz>"),
    "too-many": (lambda: moodle(*[moodle_question()] * 5_001), "5,001 questions; the limit is 5,000"),
    "a-package": (qti_package(a=ITEM), "not well-formed"),
    "much-html": (
        lambda: moodle(*[moodle_question(inner=RIGHT, text="&lt;b&gt;x&lt;/b&gt; " * 2_900)] * 40),
        "more than 40,000 HTML elements together",
    ),
}


# --- QTI items -----------------------------------------------------------------------------------------------

UNKNOWN_INTERACTIONS = (
    *("extendedText", "inlineChoice", "gapMatch", "associate", "hottext", "hotspot", "selectPoint"),
    *("graphicOrder", "graphicAssociate", "graphicGapMatch", "positionObject", "slider", "media", "drawing", "upload"),
    *("custom", "endAttempt", "portableCustom"),
)


def _interaction(name, inner=""):
    return f'<{name}Interaction responseIdentifier="RESPONSE">{inner}</{name}Interaction>'


def _set(*identifiers):
    choices = "".join(f'<simpleAssociableChoice identifier="{i}">{i}</simpleAssociableChoice>' for i in identifiers)
    return f"<simpleMatchSet>{choices}</simpleMatchSet>"


def _match(correct, *sets):
    return qti_item(f"<p>Match.</p>{_interaction('match', ''.join(sets))}", correct, "multiple", base="directedPair")


def _order(*correct):
    return qti_item(f"<p>Sort.</p>{_interaction('order', CHOICES)}", correct, "ordered")


def _mapped(worth):
    return (
        '<responseDeclaration identifier="RESPONSE" cardinality="multiple" baseType="identifier"><mapping>'
        f'<mapEntry mapKey="a" mappedValue="{worth}"/></mapping></responseDeclaration>'
    )


QTI_ITEMS = {
    "no-body": (ITEM.replace(b"itemBody", b"body"), "the item has no body"),
    "no-interaction": (qti_item("<p>Which one?</p>"), "0 interactions; make it one"),
    "two-interactions": (qti_item(_interaction("choice", CHOICES) * 2), "2 interactions; make it one"),
    "adaptive": (ITEM.replace(b'adaptive="false"', b'adaptive="true"'), "adaptive items and templates"),
    "template": (qti_item(extra='<templateDeclaration identifier="N"/>'), "adaptive items and templates"),
    "no-declaration": (qti_item(declaration=" "), "there is none for “RESPONSE”"),
    "other-declaration": (
        ITEM.replace(b'identifier="RESPONSE"', b'identifier="OTHER"'),
        "there is none for “RESPONSE”",
    ),
    "key-unknown": (qti_item(correct=("z",)), "“z” is not a choice of the item; the known ones are a, b"),
    "choice-twice": (ITEM.replace(b'identifier="b"', b'identifier="a"'), "names no choice or two"),
    "choice-nameless": (ITEM.replace(b' identifier="b"', b""), "names no choice or two"),
    "one-choice": (ITEM.replace(b'<simpleChoice identifier="b">Two</simpleChoice>', b""), "1 option; give 2 to 8"),
    "no-choice": (qti_item(correct=(), choices=""), "0 options; give 2 to 8"),
    "nine-choices": (
        qti_item(choices="".join(f'<simpleChoice identifier="{c}">{c}</simpleChoice>' for c in "abcdefghi")),
        "9 options; give 2 to 8",
    ),
    "many-choices": (
        qti_item(choices="".join(f'<simpleChoice identifier="c{n}">{n}</simpleChoice>' for n in range(5_000))),
        "5000 options; give 2 to 8",
    ),
    "same-choice": (ITEM.replace(b">Two<", b">One<"), "appears 2 times"),
    "empty-choice": (ITEM.replace(b">Two<", b"><"), "options.1.text"),
    "picture-choice": (ITEM.replace(b">Two<", b'><img src="a.png" alt="Two"/><'), "options.1.text"),
    "no-prompt": (ITEM.replace(b"Which one?", b""), "stem"),
    "mapping-word": (qti_item(declaration=_mapped("much")), "“much” is not a number"),
    "mapping-nan": (qti_item(declaration=_mapped("NaN")), "“NaN” is not a number"),
    "mapping-unknown": (
        qti_item(declaration=_mapped("1").replace('"a"', '"z"')),
        "“z” is not a choice of the item",
    ),
    "order-without-key": (_order(), "names the right order of all 2 choices"),
    "order-part": (_order("a"), "names the right order of all 2 choices"),
    "order-twice": (_order("a", "a"), "names the right order of all 2 choices"),
    "order-unknown": (_order("a", "z"), "names the right order of all 2 choices"),
    "match-one-set": (_match(("a x",), _set("a", "b")), "there are 1; a match interaction has two"),
    "match-three-sets": (_match(("a x",), *[_set("a", "b")] * 3), "there are 3; a match interaction has two"),
    "match-unknown": (_match(("a z",), _set("a", "b"), _set("x", "y")), "“a z” does not pair"),
    "match-turned": (_match(("x a",), _set("a", "b"), _set("x", "y")), "“x a” does not pair"),
    "match-no-pair": (_match(("a",), _set("a", "b"), _set("x", "y")), "“a” does not pair"),
    "match-twice": (_match(("a x", "a y"), _set("a", "b"), _set("x", "y")), "“a” has more than one match"),
    "match-one-prompt": (_match(("a x",), _set("a"), _set("x", "y")), "1 option; give 2 to 8"),
    "match-nine": (_match(("a 1",), _set("a", "b"), _set(*"123456789")), "9 matches to choose from"),
    "bidi": (ITEM.replace(b"Which one?", "Which\u202e one?".encode()), r"U\+202E"),
    "bidi-choice": (ITEM.replace(b">Two<", ">T\u2067wo<".encode()), r"U\+2067"),
    "line-separator": (ITEM.replace(b">Two<", ">T\u2028wo<".encode()), r"U\+2028"),
    "long-text": (qti_item(prompt="x" * 20_001), "20,001 characters"),
    "long-html": (qti_item(prompt="x" * 100_001), "characters of HTML; the limit is 100,000"),
    "deep-html": (qti_item(prompt="<b>" * 60 + "x" + "</b>" * 60), "or 50 in each other"),
    "item-twice-cut": (ITEM[:-30], "not well-formed"),
} | {
    f"interaction-{name}": (qti_item(_interaction(name)), f"{name}Interaction is not supported")
    for name in UNKNOWN_INTERACTIONS
}
QTI_FILES = {
    "manifest-alone": (manifest_of("a.xml"), "manifest of a package; upload the whole package"),
    "test-alone": (b"<assessmentTest/>", "a test without its items"),
    "version-1": (b"<questestinterop><assessment/></questestinterop>", "QTI 1.2; export it as"),
    "moodle": (GOOD, "Moodle XML; choose that format"),
}


# --- Packages ------------------------------------------------------------------------------------------------


def _archive(*entries, compression=zipfile.ZIP_DEFLATED):
    """Return an archive with a good manifest and item, and entries (ZipInfo or name, data)."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        archive.writestr("imsmanifest.xml", manifest_of("a.xml"))
        archive.writestr("a.xml", ITEM)
        for name, data in entries:
            archive.writestr(name, data)
    return buffer.getvalue()


def _named(old, new):
    """Return an archive in which an entry has a name that zipfile would not write."""
    assert len(old) == len(new)
    return _archive((old.decode(), b"x")).replace(old, new)


def _mode(mode):
    info = zipfile.ZipInfo("link")
    info.create_system, info.external_attr = 3, mode << 16
    return info


def _patched(data, signature, offset, value):
    """Return an archive with two bytes of its first header of this kind replaced."""
    at = data.index(signature) + offset
    return data[:at] + struct.pack("<H", value) + data[at + 2 :]


def _item_that_says(size):
    """Return a package whose directory gives the item another size than it has."""
    data = qti_package(a=ITEM + b"<!--" + b"x" * 5_000 + b"-->")
    at = data.rindex(b"PK\x01\x02") + 24
    return data[:at] + struct.pack("<I", size) + data[at + 4 :]


def _bomb(size, name="b.xml"):
    return _archive((name, b"\0" * size))


def _many_files():
    with zipfile.ZipFile(buffer := io.BytesIO(), "w") as archive:
        for number in range(12_100):
            archive.writestr(f"{number}.txt", b"")
    return buffer.getvalue()


def _bomb_in_item():
    return qti_package(a=ITEM.replace(b"Which", b"<!--" + b"x" * 900_000 + b"-->Which"), b=b" " * 19 * MEGABYTE)


GOOD_PACKAGE = qti_package(a=ITEM)
PACKAGES = {
    "empty-archive": (package({}), "no imsmanifest.xml at its top"),
    "no-manifest": (package({"a.xml": ITEM}), "no imsmanifest.xml at its top"),
    "manifest-in-folder": (package({"x/imsmanifest.xml": manifest_of("a.xml")}), "it lies in “x”"),
    "manifest-empty": (package({"imsmanifest.xml": b""}), "is empty"),
    "manifest-broken": (package({"imsmanifest.xml": b"<manifest>"}), "not well-formed"),
    "manifest-dtd": (package({"imsmanifest.xml": DTDS["laughs"] + manifest_of()}), "document type|not well-formed"),
    "manifest-other": (package({"imsmanifest.xml": b"<html/>"}), "begins with <html>, not with <manifest>"),
    "manifest-without-items": (package({"imsmanifest.xml": manifest_of()}), "no item of QTI 2.1, 2.2 or 3.0"),
    "manifest-of-qti-1": (
        package({"imsmanifest.xml": manifest_of("a.xml").replace(b"imsqti_item_xmlv2p1", b"imsqti_xmlv1p2")}),
        "only imsqti_xmlv1p2",
    ),
    "manifest-too-many": (
        lambda: package({"imsmanifest.xml": manifest_of(*(f"{n}.xml" for n in range(5_001)))}),
        "5,001 questions; the limit is 5,000",
    ),
    "item-missing": (package({"imsmanifest.xml": manifest_of("b.xml"), "a.xml": ITEM}), "is not in the package"),
    "item-outside": (package({"imsmanifest.xml": manifest_of("../a.xml"), "a.xml": ITEM}), "is not in the package"),
    "item-absolute": (package({"imsmanifest.xml": manifest_of("/etc/passwd")}), "is not in the package"),
    "item-elsewhere": (package({"imsmanifest.xml": manifest_of("http://127.0.0.1/a.xml")}), "is not in the package"),
    "item-nameless": (package({"imsmanifest.xml": manifest_of("")}), "is not in the package"),
    "item-broken": (qti_package(a=ITEM[:-5]), "not well-formed"),
    "item-empty": (qti_package(a=b""), "is empty"),
    "item-dtd": (qti_package(a=DTDS["file"] + ITEM), "document type"),
    "item-is-a-test": (qti_package(a=b"<assessmentTest/>"), "a test without its items"),
    "item-is-a-picture": (qti_package(a=b"\x89PNG\r\n"), "not well-formed"),
    "item-is-an-archive": (qti_package(a=GOOD_PACKAGE), "an archive in the archive"),
    "stimulus-dtd": (
        package(
            {
                "imsmanifest.xml": manifest_of("a.xml"),
                "a.xml": qti_item(extra='<assessmentStimulusRef identifier="s" href="s.xml"/>'),
                "s.xml": DTDS["web"] + b"<s/>",
            }
        ),
        "document type",
    ),
    "traversal": (_archive(("../../etc/cron.d/x", b"x")), "leads out of the package"),
    "traversal-inside": (_archive(("a/../../x", b"x")), "leads out of the package"),
    "absolute": (_named(b"aetc/passwd", b"/etc/passwd"), "is an absolute path"),
    "drive": (_archive(("C:/x", b"x")), "is an absolute path"),
    "backslash": (_archive(("..\\..\\x", b"x")), "no . or control code"),
    "nul-in-name": (_named(b"evil-exe.txt", b"evil\x00exe.txt"), "no . or control code"),
    "control-in-name": (_archive(("a\x1b[2J", b"x")), "no . or control code"),
    # Its name is taken for its comment.
    "empty-name": (
        _patched(_patched(GOOD_PACKAGE, b"PK\x01\x02", 28, 0), b"PK\x01\x02", 32, len("imsmanifest.xml")),
        "1 to 255 characters",
    ),
    "long-name": (_archive(("x" * 256, b"x")), "has 1 to 255 characters"),
    "twice": (_named(b"b.xml", b"a.xml"), "more than once"),
    "twice-by-case": (_archive(("A.XML", b"x")), "more than once"),
    "manifest-twice": (_named(b"imsmanifess.xml", b"imsmanifest.xml"), "more than once"),
    "symlink": (_archive((_mode(0o120777), b"/etc/passwd")), "is a link or a device"),
    "device": (_archive((_mode(0o020666), b"")), "is a link or a device"),
    "fifo": (_archive((_mode(0o010666), b"")), "is a link or a device"),
    "socket": (_archive((_mode(0o140666), b"")), "is a link or a device"),
    "nested": (_archive(("inner.zip", GOOD_PACKAGE)), "an archive in the archive"),
    "nested-jar": (_archive(("lib/x.JAR", b"x")), "an archive in the archive"),
    "nested-gzip": (_archive(("x.tar.gz", b"x")), "an archive in the archive"),
    "encrypted": (_patched(_archive(("b", b"x")), b"PK\x01\x02", 8, 1), "is encrypted"),
    "bzip2": (_archive(("b", b"x"), compression=zipfile.ZIP_BZIP2), "packed in a rare way"),
    "lzma": (_archive(("b", b"x"), compression=zipfile.ZIP_LZMA), "packed in a rare way"),
    "method-unknown": (_patched(_archive(), b"PK\x01\x02", 10, 77), "packed in a rare way"),
    "bomb": (lambda: _bomb(15 * MEGABYTE), "a zip bomb"),
    "bomb-of-one-file": (lambda: _bomb(50 * MEGABYTE), "the limit is 20,971,520"),
    "bomb-of-many": (
        lambda: _archive(*((f"{n}.txt", b"ab\n" * 340_000) for n in range(110))),
        "would unpack to 1..,...,... bytes; the limit is 104,857,600",
    ),
    "bomb-in-item": (_bomb_in_item, "a zip bomb"),
    "says-less": (_item_that_says(100), "cannot be unpacked"),
    "says-more": (_item_that_says(19 * MEGABYTE), "a zip bomb|cannot be unpacked"),
    "says-4-gb": (_item_that_says(0xFFFFFFF0), "the limit is 20,971,520"),
    "many-files": (_many_files, "more than 12,000 files"),
    "large": (lambda: GOOD_PACKAGE + b"\0" * 20 * MEGABYTE, "20 MB; the limit is 20 MB"),
    "checksum": (_patched(GOOD_PACKAGE, b"PK\x01\x02", 16, 1), "cannot be unpacked"),
    "local-name": (GOOD_PACKAGE.replace(b"a.xml", b"b.xml", 1), "cannot be unpacked"),
    "broken-stream": (GOOD_PACKAGE[:60] + b"\xff" * 40 + GOOD_PACKAGE[100:], "cannot be unpacked"),
    "start-only": (GOOD_PACKAGE[:4], "not a whole zip archive"),
    "end-missing": (GOOD_PACKAGE[:-22], "not a whole zip archive"),
    "end-only": (GOOD_PACKAGE[:4] + GOOD_PACKAGE[-22:], "not a whole zip archive|no imsmanifest"),
    "start-missing": (b"PK\x03\x04" + GOOD_PACKAGE[200:], "cannot be unpacked|not a whole zip archive|is not in"),
} | {f"cut-at-{share}": (GOOD_PACKAGE[: len(GOOD_PACKAGE) * share // 100], "not a whole zip") for share in (20, 60, 90)}


def _bad(kind, format_name, files):
    return [Bad(f"{kind}-{name}", format_name, data, says) for name, (data, says) in files.items()]


BAD = [
    *_bad("xml", "moodle", NOT_XML),
    *_bad("dtd", "moodle", {name: (_with_dtd(GOOD, dtd), "document type") for name, dtd in DTDS.items()}),
    *_bad("dtd-qti", "qti21", {name: (_with_dtd(ITEM, dtd), "document type") for name, dtd in DTDS.items()}),
    *_bad("moodle", "moodle", MOODLE_FILES),
    *_bad("moodle", "moodle", {name: (moodle(question), says) for name, (question, says) in MOODLE_QUESTIONS.items()}),
    *_bad(
        "moodle-type",
        "moodle",
        {name: (moodle(moodle_question(name)), f"“{name}” questions are not supported") for name in UNKNOWN_TYPES},
    ),
    *_bad("item", "qti22", QTI_ITEMS),
    *_bad("qti", "qti30", QTI_FILES),
    *_bad("package", "qti21", PACKAGES),
]
# What could take most time or memory: read once more in a process whose processor time and memory are counted.
WORST = [
    bad
    for bad in BAD
    if bad.name
    in set(
        chain(
            ("xml-very-deep", "xml-many-elements", "xml-large", "xml-very-large", "dtd-laughs", "dtd-quadratic"),
            ("moodle-too-many", "moodle-much-html", "moodle-block-deep", "item-many-choices"),
            ("package-bomb", "package-bomb-of-one-file", "package-bomb-of-many", "package-bomb-in-item"),
            ("package-many-files", "package-large", "package-manifest-too-many"),
        )
    )
]
