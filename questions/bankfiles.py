"""The bank as YAML files: reading them, with every problem named by file and line. Schema: docs/question-files.md."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from django.utils.translation import gettext as _
from pydantic import AfterValidator, BaseModel, Field, StringConstraints, ValidationError

from questions.content import Content, QuestionContent, Text, draft_problems, near_duplicates, publication_problems
from questions.service_names import ServiceEntry
from questions.yamlfiles import BadYaml, line_of, read_yaml

SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"
Slug = Annotated[str, StringConstraints(pattern=SLUG, max_length=50)]


# As much as the columns hold, so that what the database would refuse is found here, with file and line.
Small = Annotated[int, Field(ge=0, le=32767)]
Positive = Annotated[int, Field(ge=1, le=32767)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class SkillEntry(Content):
    code: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=15)]
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]


class TaskEntry(Content):
    code: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=10)]
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
    skills: tuple[SkillEntry, ...] = ()


class DomainEntry(Content):
    number: Small
    name: Name
    weight: Small
    tasks: tuple[TaskEntry, ...]


class FormEntry(Content):
    """A further form that the exam is given in: `create_exams` makes an exam of its own of it."""

    code: Slug
    name: Name
    note: str = ""
    question_count: Positive
    unscored_count: Small = 0
    minutes: Positive


class CertificationEntry(Content):
    code: Slug
    name: Name
    status: Literal["active", "beta", "retired"]
    status_note: str = ""
    study_material: Annotated[str, StringConstraints(max_length=200)] = ""
    question_count: Positive
    unscored_count: Small
    minutes: Positive
    cut_score: Small
    scale_min: Small = 100
    scale_max: Small = 1000
    other_forms: tuple[FormEntry, ...] = ()
    domains: tuple[DomainEntry, ...]

    @property
    def tasks(self) -> list[TaskEntry]:
        return [task for domain in self.domains for task in domain.tasks]

    @property
    def skills(self) -> dict[str, str]:
        """Return the code of each skill's task, by the skill's own code."""
        return {skill.code: task.code for task in self.tasks for skill in task.skills}


class Source(Content):
    """Which review question of the study material this one covers."""

    id: Slug
    chapter: Positive
    title: Name


class QuestionEntry(QuestionContent):
    id: Slug
    source: Source | None = None
    status: Literal["draft", "published"] = "published"
    tasks: dict[Slug, str]
    skills: dict[Slug, str] = {}
    difficulty: Literal["easy", "medium", "hard"]
    tags: Annotated[tuple[Slug, ...], AfterValidator(lambda tags: tuple(dict.fromkeys(tags)))] = ()

    @property
    def digest(self) -> str:
        """Return a fingerprint of what the entry says, the same for the same meaning; of its status it says nothing."""
        settled = self.model_copy(
            update={
                "status": "draft",
                "tags": tuple(sorted(self.tags)),
                "decoys": tuple(sorted(self.decoys)),
                "tasks": dict(sorted(self.tasks.items())),
                "skills": dict(sorted(self.skills.items())),
                "answer": dict(sorted(self.answer.items())),
            }
        )
        # Without defaults, so that a field this program learns later changes no fingerprint.
        return hashlib.sha256(settled.model_dump_json(exclude_defaults=True).encode()).hexdigest()


class CertificationFile(Content):
    schema_version: Literal[1] = Field(alias="schema")
    certification: CertificationEntry


class QuestionsFile(Content):
    schema_version: Literal[1] = Field(alias="schema")
    title: Text
    questions: tuple[QuestionEntry, ...]


class ServicesFile(Content):
    """The table of services (`questions.service_names`), which lies among the bank's files."""

    schema_version: Literal[1] = Field(alias="schema")
    services: tuple[ServiceEntry, ...]


@dataclass(frozen=True)
class FileProblem:
    path: Path
    line: int
    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.where}: {self.message}"


# Certification → skill → the task that the skill belongs to.
Skills = Mapping[str, Mapping[str, str]]


@dataclass
class Bank:
    """What the files say, and what is wrong with them. Only a bank without problems may be loaded."""

    certifications: list[CertificationEntry] = field(default_factory=list)
    questions: list[QuestionEntry] = field(default_factory=list)
    problems: list[FileProblem] = field(default_factory=list)
    places: dict[str, tuple[Path, int]] = field(default_factory=dict)  # file and line of each question, by its id


def read_bank(
    paths: Iterable[Path], known_tasks: dict[str, set[str]] | None = None, known_skills: Skills | None = None
) -> Bank:
    """Read all files and check them one by one and against each other.

    For certifications that are not in the files, `known_tasks` maps a certification's code to its task codes and
    `known_skills` to the task of each of its skills.
    """
    bank = Bank()
    tasks, skills = dict(known_tasks or {}), dict(known_skills or {})
    files = sorted(paths)
    if not files:
        bank.problems.append(
            FileProblem(Path(), 0, "files", _("no .yaml file was found; name a file or folder that contains one."))
        )
    for path in files:
        document = _read_document(path, bank)
        if isinstance(document, tuple) and isinstance(document[0], CertificationFile):
            entry = document[0].certification
            if entry.code in {other.code for other in bank.certifications}:
                message = _("appears in another file, too; keep one.")
                bank.problems.append(FileProblem(path, 1, entry.code, message))
            bank.problems.extend(_certification_problems(entry, path))
            bank.certifications.append(entry)
            tasks[entry.code], skills[entry.code] = {task.code for task in entry.tasks}, entry.skills
        elif isinstance(document, tuple) and isinstance(document[0], QuestionsFile):
            for index, question in enumerate(document[0].questions):
                line = line_of(document[1], ("questions", index))
                _add_question(bank, question, path, line, document[1], index)
    for question in bank.questions:
        path, line = bank.places[question.id]
        messages = [
            *(("tasks", message) for message in task_problems(question, tasks)),
            *(("skills", message) for message in skill_problems(question, skills)),
        ]
        bank.problems.extend(FileProblem(path, line, f"{question.id}.{where}", message) for where, message in messages)
    for first, second, similarity in near_duplicates({q.id: q.stem for q in bank.questions}):
        message = _(
            "the stem is %(similarity)s like that of %(first)s; merge the two questions, or ask about another aspect."
        ) % {"similarity": f"{similarity:.0%}", "first": first}
        bank.problems.append(FileProblem(*bank.places[second], f"{second}.stem", message))
    return bank


def find_files(arguments: Sequence[Path]) -> list[Path]:
    """Return the YAML files named, and those in the folders named."""
    found: set[Path] = set()
    for path in arguments:
        found |= {*path.rglob("*.yaml"), *path.rglob("*.yml")} if path.is_dir() else {path}
    return sorted(found)


def _read_document(path: Path, bank: Bank) -> tuple[Any, yaml.Node | None] | None:
    try:
        data, node = read_yaml(path.read_text(encoding="utf-8"), may_repeat=True)
    except OSError as error:
        bank.problems.append(
            FileProblem(path, 0, "file", _("cannot be read: %(reason)s.") % {"reason": error.strerror})
        )
        return None
    except UnicodeDecodeError as error:
        bank.problems.append(
            FileProblem(path, 0, "file", _("is not UTF-8 (byte %(byte)s); save it as UTF-8.") % {"byte": error.start})
        )
        return None
    except BadYaml as error:
        bank.problems.append(FileProblem(path, error.line, error.where, error.message))
        return None
    if not isinstance(data, dict) or not {"certification", "questions", "services"} & set(data):
        message = _(
            "is neither a certification nor a question file; its top key must be `certification:` or `questions:`."
        )
        bank.problems.append(FileProblem(path, 1, "file", message))
        return None
    models: dict[str, type[BaseModel]] = {"certification": CertificationFile, "services": ServicesFile}
    model = next((model for key, model in models.items() if key in data), QuestionsFile)
    try:
        return model.model_validate(data), node
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            where = ".".join(str(part) for part in detail["loc"])
            given = detail.get("input")
            shown = (
                " " + _("(found %(value)s)") % {"value": f"{given!r:.60}"}
                if isinstance(given, str | int | float | bool)
                else ""
            )
            bank.problems.append(
                FileProblem(
                    path, line_of(node, detail["loc"]), _named(where, data, detail["loc"]), f"{detail['msg']}{shown}."
                )
            )
        return None


def _named(where: str, data: Any, loc: tuple[int | str, ...]) -> str:
    """Name the question by its id where it has one: easier to find than its index."""
    if len(loc) >= 2 and loc[0] == "questions" and isinstance(loc[1], int):
        entry = data["questions"][loc[1]]
        if isinstance(entry, dict) and "id" in entry:
            return ".".join([str(entry["id"]), *(str(part) for part in loc[2:])])
    return where


def _add_question(
    bank: Bank,
    question: QuestionEntry,
    path: Path,
    line: int,
    node: yaml.Node | None,
    index: int,
) -> None:
    if question.id in bank.places:
        other, other_line = bank.places[question.id]
        message = _("the id was already used at %(place)s; give each question its own.") % {
            "place": f"{other}:{other_line}"
        }
        bank.problems.append(FileProblem(path, line, question.id, message))
        return
    bank.places[question.id] = (path, line)
    bank.questions.append(question)
    rules = publication_problems if question.status == "published" else draft_problems
    for problem in rules(question):
        loc = tuple(int(part) if part.isdigit() else part for part in problem.field.split("."))
        bank.problems.append(
            FileProblem(
                path, line_of(node, ("questions", index, *loc)), f"{question.id}.{problem.field}", problem.message
            )
        )


def task_problems(question: QuestionEntry, tasks: dict[str, set[str]]) -> list[str]:
    problems = []
    if not question.tasks:
        problems.append(
            _("no task; name one per certification, for example %(example)s.") % {"example": '{mls-c01: "1.2"}'}
        )
    for certification, code in question.tasks.items():
        if certification not in tasks:
            problems.append(
                _("unknown certification “%(certification)s”; the known ones are %(known)s.")
                % {"certification": certification, "known": ", ".join(sorted(tasks)) or _("none")}
            )
        elif code not in tasks[certification]:
            known = ", ".join(sorted(tasks[certification]))
            problems.append(
                _("unknown task “%(code)s” of %(certification)s; the known ones are %(known)s.")
                % {"code": code, "certification": certification, "known": known}
            )
    return problems


def skill_problems(question: QuestionEntry, skills: Skills) -> list[str]:
    """Say which skills of a question do not exist, or belong to another task than the one that it names."""
    problems = []
    for certification, code in question.skills.items():
        task, of_task = question.tasks.get(certification), skills.get(certification, {}).get(code)
        if task is None:
            message = _(
                "names skill “%(code)s” of %(certification)s but no task of it; add it to `tasks`, or remove the skill."
            )
        elif of_task == task:
            continue
        elif of_task:
            message = _(
                "skill “%(code)s” of %(certification)s belongs to task %(of_task)s, but the question names task "
                "%(task)s; the skills of that task are %(known)s."
            )
        elif skills.get(certification):
            message = _("unknown skill “%(code)s” of %(certification)s; the known ones of task %(task)s are %(known)s.")
        else:
            message = _("%(certification)s lists no skills, so “%(code)s” cannot be one; remove it.")
        known = [skill for skill, other in skills.get(certification, {}).items() if other == task]
        parts = {"code": code[:60], "certification": certification, "task": task, "of_task": of_task}
        problems.append(message % {**parts, "known": ", ".join(known) or _("none")})
    return problems


def _certification_problems(entry: CertificationEntry, path: Path) -> list[FileProblem]:
    problems = []
    total = sum(domain.weight for domain in entry.domains)
    if total != 100:
        problems.append(
            (f"{entry.code}.domains", _("the weights add up to %(total)s; they must add up to 100.") % {"total": total})
        )
    if entry.scale_min >= entry.scale_max:
        problems.append(
            (f"{entry.code}.scale_max", _("must be above scale_min, %(scale_min)s.") % {"scale_min": entry.scale_min})
        )
    numbers = Counter(domain.number for domain in entry.domains)
    codes = Counter(task.code for task in entry.tasks)
    skills = Counter(skill.code for task in entry.tasks for skill in task.skills)
    forms = Counter(form.code for form in entry.other_forms)
    problems += [
        (f"{entry.code}.domains", message % {"name": name, "count": count})
        for message, counter in (
            (_("the number %(name)s appears %(count)s times; give each domain its own."), numbers),
            (_("the task code %(name)s appears %(count)s times; give each task its own."), codes),
            (_("the skill code %(name)s appears %(count)s times; give each skill its own."), skills),
            (_("the form code %(name)s appears %(count)s times; give each form its own."), forms),
        )
        for name, count in counter.items()
        if count > 1
    ]
    if not entry.scale_min <= entry.cut_score <= entry.scale_max:
        problems.append(
            (
                f"{entry.code}.cut_score",
                _("must be between %(scale_min)s and %(scale_max)s.")
                % {"scale_min": entry.scale_min, "scale_max": entry.scale_max},
            )
        )
    sizes = [(entry.code, entry.unscored_count, entry.question_count)]
    sizes += [
        (f"{entry.code}.other_forms.{form.code}", form.unscored_count, form.question_count)
        for form in entry.other_forms
    ]
    problems += [
        (f"{where}.unscored_count", _("must be below question_count."))
        for where, unscored, questions in sizes
        if unscored >= questions
    ]
    return [FileProblem(path, 1, where, message) for where, message in problems]
