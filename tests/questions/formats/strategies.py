"""Questions for the round trip through every format, made by Hypothesis: ordinary texts and nasty ones."""

import datetime as dt
import re
import string

from hypothesis import strategies as st

from questions.bankfiles import QuestionEntry, Source
from questions.content import MAX_OPTIONS, Option, QuestionContent, Reference, publication_problems
from questions.kinds import kind_of
from tests.factories import KEY_COUNTS, takes

# What a format could take for its own syntax, for a formula, for markup, or lose at an edge.
SNIPPETS = [
    *("~=#{}:", "::title::", "// no comment", "$CATEGORY: no/category", "{=yes ~no}", "%50%half", "[markdown]x", "->"),
    *(
        "=SUM(A1:A9)",
        "+1 point",
        "-1 point",
        "@name",
        "'quoted'",
        "'=1+1",
        '"double" quotes',
        "a,b;c",
        "a\tb",
        "\\",
        "\\n",
    ),
    *("1. a list", "A. not an option", "B) nor this", "ANSWER: B", "Answer: A, C", "Explanation: none", "====", "***"),
    *(
        "**bold** and *italic*",
        "`code = {1: 2}`",
        "```python\nx = {'a': 1}\n\n    y = 2\n```",
        "- one\n- two\n\n  more",
    ),
    *("| a | b |\n|:--|--:|\n| 1 | `x|y` |", "> said\n> so", "a  \nb", "[a link](https://example.org/a_b?c=d&e=f)"),
    *("<b>no HTML</b>", "<script>alert(1)</script>", "]]>", "&amp; &lt;", "x < y > z && !w", "_x_000D_", "\\u0041"),
    *(
        "5 % of 2 000 €",
        "naïve façade",
        "日本語",
        "😀",
        "e\u0301",
        "null",
        "true",
        "1e5",
        "2026-11-21",
        "0x10",
        "~",
        "#",
    ),
    *("(Choose two.)", "(Select all that apply.)", "A", "Chapter 3", "3", "Review Questions 239", "…"),
]
WORDS = ["bucket", "shard", "label", "epoch", "weights", "skew", "drift", "tensor", "batch", "role"]
# What texts may hold: everything but what the importer refuses (controls, surrogates, bidi controls, no character).
CHARACTERS = st.characters(
    exclude_categories=("Cs", "Cc", "Cn"),
    exclude_characters="\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029\ufeff",
)

words = st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(" ".join)
wild = st.text(CHARACTERS, min_size=1, max_size=30)
snippets = st.sampled_from(SNIPPETS)
lines = st.lists(st.one_of(words, snippets), min_size=1, max_size=3).map(" ".join)
# A text of a question: one line, several lines, several paragraphs.
texts = (
    st.one_of(
        lines,
        wild,
        st.lists(lines, min_size=2, max_size=3).map("\n".join),
        st.lists(st.one_of(lines, snippets), min_size=2, max_size=3).map("\n\n".join),
    )
    .map(str.strip)
    .filter(bool)
)
slugs = st.from_regex(r"[a-z0-9]{1,8}(-[a-z0-9]{1,8}){0,3}", fullmatch=True)
plain_lines = st.one_of(words, st.text(string.ascii_letters + string.digits + " .,:-()", min_size=1, max_size=30))
names = plain_lines.map(str.strip).filter(bool)
addresses = st.sampled_from(["", "", "https://docs.example.org/a/b_c.html?d=e&f=1#g", "https://example.org"])
task_codes = st.from_regex(r"[1-9]\.[1-9]", fullmatch=True)
skill_codes = st.from_regex(r"[1-9]\.[1-9]\.[1-9]", fullmatch=True)
days = st.dates(dt.date(2000, 1, 1), dt.date(2099, 12, 31))


def _distinct(texts):
    return st.lists(texts, min_size=2, max_size=MAX_OPTIONS, unique_by=lambda text: " ".join(text.split()).casefold())


@st.composite
def contents(draw, kinds=("single", "multiple", "ordering", "matching"), texts=texts):
    """Return content that may be stored as a draft; about half of it may be published too."""
    kind = draw(st.sampled_from(kinds))
    option_texts = draw(_distinct(texts))
    count = len(option_texts)
    # Every kind of key is drawn: none, the right number, too many; a draft may have any.
    keys = draw(st.sets(st.integers(0, count - 1))) if "key" in kind_of(kind).parts else set()
    if KEY_COUNTS.get(kind) == 1 and draw(st.booleans()):
        keys = {draw(st.integers(0, count - 1))}
    matches, decoys = [""] * count, ()
    if takes(kind, "match"):
        pool = draw(st.lists(texts, min_size=2, max_size=MAX_OPTIONS, unique=True))
        matches = [draw(st.sampled_from(pool)) for _ in range(count)]
        if draw(st.integers(0, 4)) == 0:
            matches[draw(st.integers(0, count - 1))] = ""
        left = [match for match in pool if match not in matches]
        decoys = tuple(left[: draw(st.integers(0, len(left)))])
    some = st.one_of(st.just(""), texts)
    rationales = [draw(texts if draw(st.integers(0, 3)) else some) for _ in range(count)]
    return QuestionContent(
        kind=kind,
        shuffle=draw(st.booleans()),
        case=draw(some),
        stem=draw(texts),
        options=tuple(
            Option(text=text, key=index in keys, match=matches[index], rationale=rationales[index])
            for index, text in enumerate(option_texts)
        ),
        decoys=decoys,
        explanation=draw(some),
        service_note=draw(some),
        references=tuple(
            draw(
                st.lists(
                    st.builds(Reference, title=names, section=names, url=addresses),
                    max_size=2,
                    unique_by=lambda r: r.title,
                )
            )
        ),
        valid_as_of=draw(days),
    )


@st.composite
def entries(draw, kinds=("single", "multiple", "ordering", "matching"), texts=texts):
    """Return an entry with all that our own YAML can say of a question."""
    content = draw(contents(kinds, texts))
    published = not publication_problems(content) and draw(st.booleans())
    return QuestionEntry(
        **content.model_dump(),
        id=draw(slugs),
        source=draw(
            st.none() | st.builds(Source, id=slugs, chapter=st.integers(1, 32767), title=names),
        ),
        status="published" if published else "draft",
        tasks=draw(st.dictionaries(slugs, task_codes, min_size=1, max_size=2)),
        skills=draw(st.dictionaries(slugs, skill_codes, max_size=2)),
        difficulty=draw(st.sampled_from(["easy", "medium", "hard"])),
        tags=tuple(draw(st.lists(slugs, max_size=3, unique=True))),
    )


def entry_lists(kinds=("single", "multiple", "ordering", "matching"), texts=texts, max_size=4):
    """Return lists of entries with different ids, as a file holds them."""
    return st.lists(entries(kinds, texts), min_size=1, max_size=max_size, unique_by=lambda entry: entry.id)


def said(row):
    """Return the notes of a question that was read, but those of what its Markdown, typed at random, does not show."""
    return [note for note in row.notes if not re.search(r"is read as Markdown|: formula “|: the picture", note)]
