"""docs/security.md answers every requirement of ASVS 5.0.0, levels 1 and 2, once, and names what exists."""

import re
from collections import Counter

import pytest
from django.conf import settings

TEXT = (settings.BASE_DIR / "docs" / "security.md").read_text()
VERDICTS = {"met": 0, "**not met**": 1, "n/a": 2}
# chapter → "section:levels": the n-th sign is the level of requirement n, a dash one of level 3 only.
LEVELS = {
    1: "1:22 2:111112222 3:11222222222 4:222 5:12",
    2: "1:122 2:112 3:1222 4:2",
    3: "2:11 3:1222 4:112222 5:11122 7:22",
    4: "1:122 2:2 3:22 4:1222",
    5: "1:2 2:112 3:11 4:222",
    6: "1:122 2:111111112222 3:1122 4:1122 5:22222 6:222 8:2222",
    7: "1:222 2:1111 3:22 4:11222 5:22 6:22",
    8: "1:12 2:112 3:1 4:2",
    9: "1:111 2:1222",
    10: "1:22 2:22 3:2222 4:11111222222 5:22222 6:22 7:222",
    11: "1:22 2:222 3:112 4:1222 5:2 6:2",
    12: "1:122 2:11 3:2222",
    13: "1:2 2:22222 3:22 4:12222",
    14: "1:22 2:1222 3:122",
    15: "1:122 2:122 3:1222222",
    16: "1:2 2:22222 3:2222 4:222 5:222",
    17: "1:2 2:2222 3:22",
}
REQUIRED = {
    f"{chapter}.{section}.{number}": int(level)
    for chapter, sections in LEVELS.items()
    for section, levels in (part.split(":") for part in sections.split())
    for number, level in enumerate(levels, start=1)
    if level != "-"
}
ROW = re.compile(
    r"^\| (\d+\.\d+\.\d+(?:, \d+\.\d+\.\d+)*) \| ([12]) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE
)
# [(ids, level, verdict, how, test)]
ROWS = [(ids.split(", "), int(level), verdict, how, test) for ids, level, verdict, how, test in ROW.findall(TEXT)]
NAMED = sorted(set(re.findall(r"`((?:[\w-]+/)*\.?[\w.-]+\.(?:py|conf|js|html|txt|service|md|yml))(?:::(\w+))?`", TEXT)))


def test_every_requirement_has_one_row_with_its_level():
    answered = [(name, level) for names, level, *_ in ROWS for name in names]

    assert len(REQUIRED) == 253
    assert sorted(answered) == sorted(REQUIRED.items())


def test_every_row_of_the_tables_is_read_and_says_one_of_three_things():
    assert len(ROWS) == len(re.findall(r"^\| \d+\.", TEXT, re.MULTILINE))
    assert {verdict for _, _, verdict, *_ in ROWS} == set(VERDICTS)
    assert max(len(line) for line in TEXT.splitlines()) <= 165


def test_counts_add_up():
    counts = Counter((level, verdict) for names, level, verdict, *_ in ROWS for _ in names)
    rows = {level: [counts[level, verdict] for verdict in VERDICTS] for level in (1, 2)}
    rows["both"] = [sum(pair) for pair in zip(rows[1], rows[2], strict=True)]

    for level, row in rows.items():
        cells = " | ".join(str(number) for number in (level, *row, sum(row)))
        assert f"| {cells} |" in TEXT


def test_what_is_not_met_is_in_the_list_at_the_top():
    top = TEXT.partition("## What is decided")[0].partition("## Not met")[2]
    open_ones = {name for names, _, verdict, *_ in ROWS if verdict == "**not met**" for name in names}

    assert set(re.findall(r"\d+\.\d+\.\d+", top)) == open_ones


@pytest.mark.parametrize(("path", "part"), NAMED, ids=["::".join(filter(None, pair)) for pair in NAMED])
def test_named_file_and_test_exist(path, part):
    folders = (settings.BASE_DIR, settings.BASE_DIR / "tests", settings.BASE_DIR / "tests" / "security")
    files = [folder / path for folder in folders if (folder / path).is_file()]

    assert len(files) == 1
    if part:
        assert re.search(rf"^def test_\w*?{part}", files[0].read_text(), re.MULTILINE)


@pytest.mark.parametrize("name", sorted({name for *_, test in ROWS for name in re.findall(r"`([^`]+)`", test)}))
def test_column_of_tests_names_tests(name):
    path = name.partition("::")[0]
    assert path.rpartition("/")[2].startswith("test_")
    assert (path, name.partition("::")[2]) in NAMED


def test_links_lead_somewhere():
    for name, anchor in re.findall(r"\]\(([\w-]*(?:\.md)?)(?:#([\w-]+))?\)", TEXT):
        page = (settings.BASE_DIR / "docs" / (name or "security.md")).read_text()
        headings = [
            re.sub(r"[^\w -]", "", line).strip().lower().replace(" ", "-")
            for line in re.findall(r"^#+ (.*)$", page, re.MULTILINE)
        ]
        assert not anchor or anchor in headings, (name, anchor)
