"""Bad files and broken good ones: refused with a reason, whatever they are, and never another exception."""

import io
import json
import random
import re
import subprocess
import sys
import zipfile
from functools import cache

import pytest

from questions.formats.base import Format
from questions.formats.moodle_xml import MoodleXml
from questions.formats.packages import Package, write_package
from questions.formats.qti.packaging import QTI_FORMATS
from questions.formats.texts import Unreadable
from tests.questions.formats.bad_packages import BAD, WORST
from tests.questions.formats.xml_samples import EMPTY, FIXTURES, entry, package

_ALL: list[Format] = [MoodleXml(), *QTI_FORMATS]
FORMATS = {format.name: format for format in _ALL}
CPU_SECONDS = 10
MEMORY_KB = 256 * 1024

MEASURED = """
import json, re, time
from questions.formats.child import use_language
from tests.questions.formats.bad_packages import WORST
from tests.questions.formats.test_packages import said_of
use_language(None, [])
said, seconds = {}, {}
for bad in WORST:
    before = time.process_time()
    said[bad.name] = said_of(bad)
    seconds[bad.name] = time.process_time() - before
# Not getrusage: its maximum begins with that of the process which started this one.
kb = int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])
print(json.dumps({"said": said, "seconds": seconds, "kb": kb}))
"""


def said_of(bad):
    """Return what a reader says of a bad file: of the whole, or of its only question."""
    try:
        rows = FORMATS[bad.format].read(bad.read(), EMPTY)
    except Unreadable as error:
        return str(error)
    assert len(rows) == 1
    assert rows[0].entry is None
    return " ".join(str(problem) for problem in rows[0].problems)


@pytest.mark.parametrize("bad", [bad for bad in BAD if bad not in WORST], ids=lambda bad: bad.name)
def test_bad_file_is_refused_with_its_reason(bad):
    said = said_of(bad)

    assert re.search(bad.says, said), said[:300]


def test_bad_files_are_many_and_different():
    assert len({bad.name for bad in BAD}) == len(BAD)
    assert len({bad.read() for bad in BAD if not callable(bad.data)}) > 200


def test_worst_files_are_refused_in_little_time_and_memory():
    run = subprocess.run(
        [sys.executable, "-c", MEASURED], cwd=FIXTURES.parent, capture_output=True, text=True, check=True, timeout=300
    )
    found = json.loads(run.stdout)

    assert [bad.name for bad in WORST if not re.search(bad.says, found["said"][bad.name])] == []
    assert max(found["seconds"].values()) < CPU_SECONDS, found["seconds"]
    assert found["kb"] < MEMORY_KB


# --- Good packages -------------------------------------------------------------------------------------------


def test_package_gives_what_was_put_in():
    files = {"a.xml": b"<a/>", "items/b.xml": b"b" * 100_000}

    archive = Package(write_package(files))

    assert (archive.names, {name: archive.read(name) for name in archive.names}) == (list(files), files)
    assert write_package(files) == write_package(files)
    assert ("a.xml" in archive, "b.xml" in archive) == (True, False)


def test_folders_of_a_package_are_no_files():
    assert Package(package({"items/": b"", "items/a.xml": b"a"})).names == ["items/a.xml"]


# --- Fuzzing -------------------------------------------------------------------------------------------------


@cache
def good_files():
    """Return good files of every format, small enough that a change hits something."""
    entries = [
        entry(case="A shop.", stem="Where do **objects** go?\n\n| a | b |\n|---|---|\n| 1 | 2 |", tags=["storage"]),
        entry(id="two", kind="multiple", service_note="Renamed.", references=[{"title": "Guide", "section": "1"}]),
        entry(id="three", kind="ordering", options=[{"text": "First"}, {"text": "Second"}]),
        entry(
            id="four",
            kind="matching",
            options=[{"text": "A", "match": "1", "rationale": "So."}, {"text": "B", "match": "2"}],
            decoys=["3"],
        ),
    ]
    return [(format, format.write(entries)) for format in FORMATS.values()]


def _broken(data, chance):
    """Return a file with a few bytes flipped, cut out, doubled or put in."""
    changed = bytearray(data)
    for _ in range(chance.randint(1, 6)):
        if not changed:
            break
        at, length = chance.randrange(len(changed)), chance.choice([1, 1, 2, 8, 64])
        match chance.randrange(5):
            case 0:
                changed[at] = chance.randrange(256)
            case 1:
                del changed[at : at + length]
            case 2:
                changed[at:at] = changed[at : at + length]
            case 3:
                changed[at:at] = chance.choice(SPLINTERS)
            case 4:
                del changed[at + len(changed) // 2 :]
    return bytes(changed)


SPLINTERS = [
    *(b"<", b">", b"&", b"]]>", b"<![CDATA[", b"<!--", b"&#0;", b"&lt;![", b"\0", b"\xff\xfe", b'"', b"</question>"),
    *(b"-1", b"1e309", b"nan", b"999999999999999999999", "²".encode(), "\u202e".encode(), b"PK\x01\x02", b"../"),
]
_ELEMENT = re.compile(rb"<([\w:-]+)\b[^<>]*(?:/>|>[^<>]*</\1>)")
_ATTRIBUTE = re.compile(rb'(?<=")[^"<>]*(?=")')
_TEXT = re.compile(rb"(?<=>)[^<>]+(?=<)")


def _rewritten(data, chance):
    """Return XML, well-formed for the most part, with elements, attributes and texts lost, doubled or exchanged."""
    for _ in range(chance.randint(1, 4)):
        found = list(chance.choice([_ELEMENT, _ATTRIBUTE, _TEXT]).finditer(data))
        if not found:
            continue
        one, other = chance.choice(found), chance.choice(found)
        new = chance.choice([b"", one[0] * 2, other[0], b"x", b"-1", b"999999999999", "²".encode(), b"A &lt;![ B"])
        data = data[: one.start()] + new + data[one.end() :]
    return data


def _repacked(data, chance):
    """Return a package in which one file was rewritten or broken."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    name = chance.choice(list(files))
    files[name] = chance.choice([_rewritten, _broken])(files[name], chance)
    return write_package(files)


@pytest.mark.parametrize("seed", range(12))
def test_broken_good_file_raises_nothing_but_unreadable(seed):
    chance = random.Random(seed)
    refused = []
    for _ in range(25):
        for format, data in good_files():
            changes = [_broken, _rewritten] if format.name == "moodle" else [_broken, _repacked]
            refused.append(_is_refused(format, chance.choice(changes)(data, chance)))

    # Both ways were taken: some were refused as a whole, some were read.
    assert set(refused) == {True, False}


def _is_refused(format, data):
    try:
        rows = format.read(data, EMPTY)
    except Unreadable:
        return True
    assert all((row.entry is None) == bool(row.problems) for row in rows)
    return False
