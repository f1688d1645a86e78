import datetime as dt
import struct

import pytest
from django.utils.translation import override

from questions.formats.base import Defaults
from questions.formats.child import SMALL, read_file
from questions.formats.registry import FORMATS

DEFAULTS = Defaults(valid_as_of=dt.date(2026, 1, 1))
SAID = "“%(text)s” appears %(count)d times; make every option different."


def catalog(messages):
    """Return a compiled catalog: its header, pairs of length and place, then the texts."""
    pairs = sorted({"": "Content-Type: text/plain; charset=UTF-8\n", **messages}.items())
    texts = [text.encode() for column in zip(*pairs, strict=True) for text in column]
    place, table = 28 + 8 * len(texts), b""
    for text in texts:
        table += struct.pack("<II", len(text), place)
        place += len(text) + 1
    head = struct.pack("<7I", 0x950412DE, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, 0)
    return head + table + b"".join(text + b"\0" for text in texts)


def large_file_with_a_fault():
    good = "".join(f"Which is number {number}?\nA. This\nB. That\nANSWER: A\n\n" for number in range(SMALL // 40))
    return f"{good}Which is twice there?\nA. Same\nB. Same\nANSWER: A\n".encode()


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "“same” appears 2 times; make every option different."), ("es", "«same» aparece 2 veces.")],
)
def test_fault_of_a_large_file_is_said_in_the_language_of_who_asks(language, said, tmp_path, settings):
    folder = tmp_path / "es" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.mo").write_bytes(catalog({SAID: "«%(text)s» aparece %(count)d veces."}))
    settings.LOCALE_PATHS = [tmp_path]

    with override(language):
        read = read_file(FORMATS["aiken"], large_file_with_a_fault(), DEFAULTS)

    assert [problem.message for question in read for problem in question.problems] == [said]
