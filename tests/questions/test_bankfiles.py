import datetime as dt

import pytest

from questions.bankfiles import find_files, read_bank
from questions.content import Option, Reference
from tests.questions.bank_texts import ANY_KIND, CERTIFICATION, QUESTIONS, changed, write_files

STEM_1 = "Which shelf holds the atlas that nobody has opened since last winter?"


def problems_of(bank, folder):
    """Return the problems as texts, with paths as if we stood in the folder."""
    return [str(problem).replace(f"{folder}/", "") for problem in bank.problems]


# --- What good files say ----------------------------------------------------------------------------


def test_good_files_have_no_problem_and_keep_their_order(tmp_path):
    bank = read_bank(write_files(tmp_path, a=CERTIFICATION, b=QUESTIONS))

    assert bank.problems == []
    assert [certification.code for certification in bank.certifications] == ["cert-a"]
    assert [question.id for question in bank.questions] == ["first-one", "second-one"]


def test_question_entry_has_all_that_the_file_says(tmp_path):
    first, second = read_bank(write_files(tmp_path, a=CERTIFICATION, b=QUESTIONS)).questions

    assert first.model_dump() == {
        "id": "first-one",
        "source": {"id": "ch01-q01", "chapter": 1, "title": "Storage"},
        "status": "published",
        "kind": "single",
        "shuffle": True,
        "case": "",
        "decoys": (),
        "answer": {},
        "tasks": {"cert-a": "1.1"},
        "skills": {},
        "difficulty": "easy",
        "valid_as_of": dt.date(2026, 11, 21),
        "tags": ("storage", "cost"),
        "stem": STEM_1,
        "options": (
            Option(text="The upper one", rationale="It is dusty enough.").model_dump(),
            Option(text="The lower one", key=True, rationale="The cat sleeps there.").model_dump(),
        ),
        "explanation": "Dust and cats tell.",
        "service_note": "Shelves were once called boards.",
        "references": (Reference(title="Library Guide", section="Shelves").model_dump(),),
    }
    assert (second.kind, second.shuffle, second.key) == ("multiple", False, [0, 1])
    assert (second.source, second.tags, second.service_note) == (None, (), "")


def test_certification_entry_has_all_that_the_file_says(tmp_path):
    (entry,) = read_bank(write_files(tmp_path, a=CERTIFICATION)).certifications

    assert entry.model_dump() == {
        "code": "cert-a",
        "name": "Certified A",
        "status": "active",
        "status_note": "",
        "study_material": "",
        "question_count": 10,
        "unscored_count": 2,
        "minutes": 20,
        "cut_score": 750,
        "scale_min": 100,
        "scale_max": 1000,
        "other_forms": (),
        "domains": (
            {
                "number": 1,
                "name": "Data",
                "weight": 60,
                "tasks": (
                    {"code": "1.1", "name": "Store data", "skills": ()},
                    {"code": "1.2", "name": "Move data", "skills": ()},
                ),
            },
            {
                "number": 2,
                "name": "Models",
                "weight": 40,
                "tasks": ({"code": "2.1", "name": "Train models", "skills": ()},),
            },
        ),
    }


def test_questions_may_stand_in_a_file_read_before_their_certification(tmp_path):
    assert read_bank(write_files(tmp_path, a=QUESTIONS, b=CERTIFICATION)).problems == []


def test_tasks_known_from_elsewhere_need_no_certification_file(tmp_path):
    bank = read_bank(write_files(tmp_path, a=QUESTIONS), {"cert-a": {"1.1", "2.1"}})

    assert bank.problems == []


def test_certification_file_says_which_tasks_there_are_whatever_was_known(tmp_path):
    bank = read_bank(
        write_files(tmp_path, a=CERTIFICATION, b=changed(QUESTIONS, ('cert-a: "1.1"', 'cert-a: "9.9"'))),
        {"cert-a": {"9.9"}},
    )

    assert problems_of(bank, tmp_path) == [
        "b.yaml:4: first-one.tasks: unknown task “9.9” of cert-a; the known ones are 1.1, 1.2, 2.1."
    ]


def test_file_with_a_byte_order_mark_is_read(tmp_path):
    assert read_bank(write_files(tmp_path, a=CERTIFICATION, b=QUESTIONS.encode("utf-8-sig"))).problems == []


# --- The fingerprint of an entry --------------------------------------------------------------------


def digest_of(folder, text):
    return read_bank(write_files(folder, a=CERTIFICATION, b=text)).questions[0].digest


@pytest.mark.parametrize(
    "change",
    [
        ("  kind: single\n  tasks", "  kind: single\n  shuffle: true\n  status: published\n  tasks"),
        (f"  stem: |\n    {STEM_1}\n", f'  stem: "{STEM_1}"\n'),
        ("  difficulty: easy\n  valid_as_of: 2026-11-21\n", "  valid_as_of: 2026-11-21\n  difficulty: easy\n"),
        ("title: Two questions", "title: A better title"),
        ("tags: [storage, cost]", "tags: [cost, storage]"),
        ("  kind: single\n", "  kind: single\n  status: draft\n"),
    ],
)
def test_digest_stays_when_the_meaning_stays(tmp_path, change):
    assert digest_of(tmp_path, changed(QUESTIONS, change)) == digest_of(tmp_path, QUESTIONS)


@pytest.mark.parametrize(
    "change",
    [
        ("since last winter", "since last summer"),
        ("It is dusty enough.", "It is dusty."),
        ('cert-a: "1.1"', 'cert-a: "1.2"'),
        ("difficulty: easy", "difficulty: medium"),
        ("tags: [storage, cost]", "tags: [storage]"),
        ("2026-11-21", "2026-11-22"),
        ("id: ch01-q01", "id: ch01-q02"),
        ("section: Shelves", "section: Boards"),
        ("once called boards", "once called planks"),
    ],
)
def test_digest_changes_with_the_meaning(tmp_path, change):
    assert digest_of(tmp_path, changed(QUESTIONS, change)) != digest_of(tmp_path, QUESTIONS)


# --- Problems of one question -----------------------------------------------------------------------

KEY_MARK = "    key: true\n    rationale: The cat sleeps there.\n"
NEW_KEY = "    rationale: The cat sleeps there.\n  - text: On the floor\n    key: true\n    rationale: It fell.\n"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            (KEY_MARK, "    rationale: The cat sleeps there.\n"),
            "4: first-one.key: no key; mark the right option (`key: true`).",
        ),
        (
            (KEY_MARK, "    key: true\n" + NEW_KEY),
            "4: first-one.key: a `single` question has 2 keys; mark one, or make it `multiple`.",
        ),
        (
            ("  - text: With a rope\n    key: true\n", "  - text: With a rope\n"),
            "23: second-one.key: a `multiple` question has only one key; mark another, or make it `single`.",
        ),
        (
            ("    rationale: It is dusty enough.\n", ""),
            "14: first-one.options.0.rationale: “The upper one” has no rationale; say why it is right or wrong.",
        ),
        (
            ("    rationale: Ropes help too.\n", ""),
            "34: second-one.options.1.rationale: “With a rope” has no rationale; say why it is right or wrong.",
        ),
        (
            ("  references:\n  - {title: Library Guide, section: Shelves}\n", ""),
            "4: first-one.references: a reference is missing; name a document and its section.",
        ),
        (
            ("  references:\n  - {title: Library Guide, section: Shelves}\n", "  references: []\n"),
            "21: first-one.references: a reference is missing; name a document and its section.",
        ),
        (
            ("  explanation: Dust and cats tell.\n", ""),
            "4: first-one.explanation: the explanation is missing; say in a few sentences what the question teaches.",
        ),
        (
            ("text: The upper one", "text: the  LOWER one"),
            "14: first-one.options: “the lower one” appears 2 times; make every option different.",
        ),
        (
            ('cert-a: "1.1"', 'cert-a: "7.7"'),
            "4: first-one.tasks: unknown task “7.7” of cert-a; the known ones are 1.1, 1.2, 2.1.",
        ),
        (
            ('cert-a: "1.1"', 'cert-b: "1.1"'),
            "4: first-one.tasks: unknown certification “cert-b”; the known ones are cert-a.",
        ),
        (
            ('tasks: {cert-a: "1.1"}', "tasks: {}"),
            '4: first-one.tasks: no task; name one per certification, for example {mls-c01: "1.2"}.',
        ),
    ],
)
def test_broken_rule_is_named_with_file_line_field_and_remedy(tmp_path, change, expected):
    bank = read_bank(write_files(tmp_path, a=CERTIFICATION, b=changed(QUESTIONS, change)))

    assert problems_of(bank, tmp_path) == [f"b.yaml:{expected}"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("  kind: single\n", "  kind: single\n  weight: 3\n"), "7: first-one.weight: Extra inputs are not permitted"),
        (
            ("    key: true\n    rationale: The cat", "    right: true\n    rationale: The cat"),
            "17: first-one.options.1",
        ),
        (("section: Shelves}", "section: Shelves, isbn: x}"), "22: first-one.references.0.isbn: Extra inputs"),
        (
            ("kind: single", "kind: essay"),
            f"6: first-one.kind: {ANY_KIND}",
        ),
        (("difficulty: easy", "difficulty: 3"), "8: first-one.difficulty: Input should be 'easy', 'medium' or 'hard'"),
        (("  difficulty: easy\n", ""), "4: first-one.difficulty: Field required."),
        (('"1.1"', "1.1"), "7: first-one.tasks.cert-a: Input should be a valid string (found 1.1)."),
        (("2026-11-21", "soon"), "9: first-one.valid_as_of: Input should be a valid date"),
        (("2026-11-21", "2026-11-21 10:00:00"), "9: first-one.valid_as_of: "),
        (("[storage, cost]", "storage"), "10: first-one.tags: Input should be a valid tuple (found 'storage')."),
        (("[storage, cost]", "[Storage Cost]"), "10: first-one.tags.0: String should match pattern"),
        (("chapter: 1,", "chapter: one,"), "5: first-one.source.chapter: Input should be a valid integer"),
        ((f"|\n    {STEM_1}", "[]"), "11: first-one.stem: Input should be a valid string."),
        ((f"|\n    {STEM_1}", '" "'), "11: first-one.stem: String should have at least 1 character"),
        (
            ("  - text: The upper one\n", "  - text: 17\n"),
            "14: first-one.options.0.text: Input should be a valid string",
        ),
        (("id: first-one", "id: First One"), "4: First One.id: String should match pattern"),
        (("id: first-one", f"id: {'x' * 51}"), f"4: {'x' * 51}.id: String should have at most 50 characters"),
        (("- id: first-one\n  source", "- source"), "4: questions.0.id: Field required."),
        (("- id: first-one\n", "- 3\n- id: first-one\n"), "4: questions.0: Input should be a valid dictionary"),
        (
            ("  kind: single\n", "  kind: single\n  status: retired\n"),
            "7: first-one.status: Input should be 'draft' or",
        ),
        (("schema: 1", "schema: 2"), "1: schema: Input should be 1 (found 2)."),
        (("schema: 1\n", ""), "1: schema: Field required."),
        (("title: Two questions\n", ""), "1: title: Field required."),
        (("title: Two questions\n", "title: Two questions\nauthor: me\n"), "3: author: Extra inputs are not permitted"),
    ],
)
def test_wrong_shape_is_named_with_file_line_and_field(tmp_path, change, expected):
    bank = read_bank(write_files(tmp_path, a=CERTIFICATION, b=changed(QUESTIONS, change)))

    (problem,) = problems_of(bank, tmp_path)
    assert problem.startswith(f"b.yaml:{expected}"), problem
    assert bank.questions == []


def test_every_problem_of_a_file_is_named_at_once(tmp_path):
    text = changed(QUESTIONS, ("kind: single", "kind: essay"), ("difficulty: hard", "difficulty: huge"))

    bank = read_bank(write_files(tmp_path, a=CERTIFICATION, b=text, c="questions: 3\nschema: 1\ntitle: C\n"))

    assert problems_of(bank, tmp_path) == [
        f"b.yaml:6: first-one.kind: {ANY_KIND} (found 'essay').",
        "b.yaml:27: second-one.difficulty: Input should be 'easy', 'medium' or 'hard' (found 'huge').",
        "c.yaml:1: questions: Input should be a valid tuple (found 3).",
    ]


def test_long_value_is_shown_cut(tmp_path):
    text = changed(QUESTIONS, ("kind: single", f"kind: {'essay' * 50}"))

    (problem,) = problems_of(read_bank(write_files(tmp_path, b=text)), tmp_path)

    assert problem.endswith(f"(found 'essay{'essay' * 10}essa).")


# --- Problems between questions ---------------------------------------------------------------------


def test_duplicate_id_in_one_file_is_named_with_the_place_of_the_first(tmp_path):
    text = changed(QUESTIONS, ("id: second-one", "id: first-one"))

    bank = read_bank(write_files(tmp_path, a=CERTIFICATION, b=text))

    assert problems_of(bank, tmp_path) == [
        "b.yaml:23: first-one: the id was already used at b.yaml:4; give each question its own."
    ]


def test_duplicate_id_in_two_files_is_named_with_the_place_of_the_first(tmp_path):
    bank = read_bank(write_files(tmp_path, a=CERTIFICATION, b=QUESTIONS, c=QUESTIONS))

    assert problems_of(bank, tmp_path) == [
        "c.yaml:4: first-one: the id was already used at b.yaml:4; give each question its own.",
        "c.yaml:23: second-one: the id was already used at b.yaml:23; give each question its own.",
    ]
    assert len(bank.questions) == 2


def test_near_duplicate_stem_is_named_with_the_other_question(tmp_path):
    # Another last word changes one of nine runs: 8 in common of 10. Two other words at the start: 8 of 16.
    twin = changed(QUESTIONS, ("id: first-one", "id: third-one"), ("id: second-one", "id: fourth-one"))
    twin = changed(twin, ("since last winter?", "since last spring?"), ("How do two librarians", "How may two porters"))

    bank = read_bank(write_files(tmp_path, a=CERTIFICATION, b=QUESTIONS, c=twin))

    remedy = "merge the two questions, or ask about another aspect."
    assert problems_of(bank, tmp_path) == [
        f"c.yaml:4: third-one.stem: the stem is 80% like that of first-one; {remedy}",
        f"c.yaml:23: fourth-one.stem: the stem is 50% like that of second-one; {remedy}",
    ]


# --- Files that are no question files ---------------------------------------------------------------

NEITHER = (
    "1: file: is neither a certification nor a question file; its top key must be `certification:` or `questions:`."
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", NEITHER),
        ("# only a remark\n", NEITHER),
        ("- a\n- b\n", NEITHER),
        ("just words\n", NEITHER),
        ("schema: 1\ntitle: x\n", NEITHER),
        (b"title: caf\xe9\n", "0: file: is not UTF-8 (byte 10); save it as UTF-8."),
        (QUESTIONS.encode("utf-16"), "0: file: is not UTF-8 (byte 0); save it as UTF-8."),
        (changed(QUESTIONS, ("  kind: single", "   kind: single")), "6: YAML: did not find expected key."),
        (changed(QUESTIONS, ("[storage, cost]", "[storage, cost")), "11: YAML: did not find expected ',' or ']'."),
        ("a: 1\n---\nb: 2\n", "2: YAML: but found another document."),
        ("questions: *nowhere\n", "1: YAML: found undefined alias."),
        ("questions: !!python/name:os.system\n", "1: YAML: could not determine a constructor for the tag"),
        ("title: \x07\n", "0: YAML: unacceptable character #x0007: control characters are not allowed."),
        # Well-formed, but there is no such day: a typing error, not a reason for a traceback.
        (changed(QUESTIONS, ("2026-11-21", "2026-02-30")), "9: "),
        (changed(QUESTIONS, ("2026-11-21", "2026-13-01")), "9: "),
    ],
)
def test_file_that_cannot_be_read_is_named_with_its_line(tmp_path, text, expected):
    bank = read_bank(write_files(tmp_path, b=text))

    (problem,) = problems_of(bank, tmp_path)
    assert problem.startswith(f"b.yaml:{expected}"), problem
    assert bank.questions == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("  kind: single\n", "  kind: single\n  kind: multiple\n"), "7: kind"),
        (("title: Two questions\n", "title: Two questions\nschema: 1\n"), "3: schema"),
        (("    rationale: Wheels help.\n", "    rationale: Wheels help.\n    key: false\n"), "34: key"),
        (('tasks: {cert-a: "1.1"}', 'tasks: {cert-a: "1.1", cert-a: "1.2"}'), "7: cert-a"),
    ],
)
def test_key_that_stands_twice_is_named_with_its_line(tmp_path, change, expected):
    bank = read_bank(write_files(tmp_path, a=CERTIFICATION, b=changed(QUESTIONS, change)))

    assert problems_of(bank, tmp_path) == [f"b.yaml:{expected}: appears twice; keep one."]


def test_missing_file_is_named(tmp_path):
    assert problems_of(read_bank([tmp_path / "gone.yaml"]), tmp_path) == [
        "gone.yaml:0: file: cannot be read: No such file or directory."
    ]


def test_no_file_at_all_is_a_problem():
    assert [str(problem) for problem in read_bank([]).problems] == [
        ".:0: files: no .yaml file was found; name a file or folder that contains one."
    ]


def test_broken_file_does_not_hide_the_problems_of_another(tmp_path):
    bank = read_bank(
        write_files(tmp_path, a=CERTIFICATION, b="a: [\n", c=changed(QUESTIONS, ("kind: single", "kind: x")))
    )

    assert [problem.path.name for problem in bank.problems] == ["b.yaml", "c.yaml"]


# --- Problems of a certification --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("weight: 60", "weight: 59"), "1: cert-a.domains: the weights add up to 99; they must add up to 100."),
        (("weight: 60", "weight: 61"), "1: cert-a.domains: the weights add up to 101; they must add up to 100."),
        (("cut_score: 750", "cut_score: 99"), "1: cert-a.cut_score: must be between 100 and 1000."),
        (("cut_score: 750", "cut_score: 1001"), "1: cert-a.cut_score: must be between 100 and 1000."),
        (("unscored_count: 2", "unscored_count: 10"), "1: cert-a.unscored_count: must be below question_count."),
        (("status: active", "status: gone"), "5: certification.status: Input should be 'active', 'beta' or 'retired'"),
        (("minutes: 20", "minutes: long"), "8: certification.minutes: Input should be a valid integer"),
        (("minutes: 20", "minuets: 20"), "3: certification.minutes: Field required."),
        (("code: cert-a", "code: Cert A"), "3: certification.code: String should match pattern"),
        (("name: Data\n", "title: Data\n"), "11: certification.domains.0.name: Field required."),
        (('code: "1.2"', "code: 1.2"), "16: certification.domains.0.tasks.1.code: Input should be a valid string"),
    ],
)
def test_wrong_certification_is_named_with_file_line_field_and_remedy(tmp_path, change, expected):
    bank = read_bank(write_files(tmp_path, a=changed(CERTIFICATION, change)))

    problems = problems_of(bank, tmp_path)
    assert problems
    assert problems[0].startswith(f"a.yaml:{expected}"), problems


@pytest.mark.parametrize("cut_score", [100, 1000])
def test_cut_score_may_lie_at_either_end_of_the_scale(tmp_path, cut_score):
    text = changed(CERTIFICATION, ("cut_score: 750", f"cut_score: {cut_score}"))

    assert read_bank(write_files(tmp_path, a=text)).problems == []


# Loading takes a domain by its number and a task by its code: the second would overwrite the first.
@pytest.mark.parametrize(
    "change", [("number: 2", "number: 1"), ('code: "1.2"', 'code: "1.1"'), ('code: "2.1"', 'code: "1.1"')]
)
def test_number_or_code_that_stands_twice_in_a_certification_is_a_problem(tmp_path, change):
    assert read_bank(write_files(tmp_path, a=changed(CERTIFICATION, change))).problems != []


def test_certification_in_two_files_is_a_problem(tmp_path):
    other = changed(CERTIFICATION, ("minutes: 20", "minutes: 90"))

    assert read_bank(write_files(tmp_path, a=CERTIFICATION, b=other)).problems != []


# What the database refuses is found here, with file and line; otherwise loading stops with a traceback.
@pytest.mark.parametrize(
    "changes",
    [
        [("minutes: 20", "minutes: -20")],
        [("minutes: 20", "minutes: 40000")],
        [("question_count: 10", "question_count: 40000")],
        [("unscored_count: 2", "unscored_count: -2")],
        [("number: 1\n", "number: -1\n")],
        [("weight: 60", "weight: 140"), ("weight: 40", "weight: -40")],
        [("cut_score: 750", "cut_score: 750\n  scale_min: 750\n  scale_max: 750")],
        [("name: Certified A", f"name: {'A' * 201}")],
        [("name: Data", f"name: {'D' * 201}")],
        [("name: Store data", f"name: {'S' * 301}")],
        [('code: "1.2"', 'code: "1.2.3.4.5.6"')],
    ],
)
def test_certification_that_the_database_would_refuse_is_a_problem(tmp_path, changes):
    assert read_bank(write_files(tmp_path, a=changed(CERTIFICATION, *changes))).problems != []


@pytest.mark.parametrize(
    "change",
    [
        ("id: ch01-q01", f"id: {'c' * 51}"),
        ("chapter: 1,", "chapter: -1,"),
        ("chapter: 1,", "chapter: 40000,"),
        ("title: Storage", f"title: {'S' * 201}"),
    ],
)
def test_question_that_the_database_would_refuse_is_a_problem(tmp_path, change):
    assert read_bank(write_files(tmp_path, a=CERTIFICATION, b=changed(QUESTIONS, change))).problems != []


# --- Finding files ----------------------------------------------------------------------------------


def test_find_files_takes_files_as_named_and_folders_with_what_is_below(tmp_path):
    (tmp_path / "deep" / "deeper").mkdir(parents=True)
    for name in ("b.yaml", "deep/a.yml", "deep/deeper/c.yaml", "deep/notes.md", "named.txt"):
        (tmp_path / name).write_text("")

    found = find_files([tmp_path / "named.txt", tmp_path, tmp_path / "deep", tmp_path / "gone.yaml"])

    assert [path.relative_to(tmp_path).as_posix() for path in found] == [
        "b.yaml",
        "deep/a.yml",
        "deep/deeper/c.yaml",
        "gone.yaml",
        "named.txt",
    ]


def test_find_files_without_arguments_finds_nothing():
    assert find_files([]) == []
