"""Importing questions from a file: first what it would do, then, if the bank is still the same, doing it."""

import datetime as dt
import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from django.db import IntegrityError, models, transaction

from accounts.models import User
from questions.bankfiles import QuestionEntry, task_problems
from questions.content import (
    NEAR_DUPLICATE_SIMILARITY,
    Problem,
    QuestionContent,
    near_duplicates,
    publication_problems,
)
from questions.exceptions import QuestionRefused
from questions.formats.base import Loss, ReadQuestion
from questions.linting import resemblance, stem_marks
from questions.models import Question, QuestionEvent, QuestionTask, Revision, StemMark, Tag, Task
from questions.queries import known_tasks
from questions.services import reviewing
from questions.services.exporting import CHUNK, entry_of, questions_with_content
from questions.services.naming import UNRELATED, is_same, made_id, named, shortened, taken_by, twice, with_own

# A run of words that so many stems share ("with the least operational overhead") says nothing about two of them.
COMMON_MARK = 25
STATES = ("refused", "new", "changed", "kept", "unchanged")


@dataclass(frozen=True)
class ImportRow:
    """One question of the file and what an import would do with it.

    `state` is one of `STATES`; "kept" means that it was edited here since it was loaded or imported, and stays so.
    `changes` names the fields that would change, `earlier` is the question as it is now.
    """

    state: str
    place: str
    code: str
    label: str
    changes: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    entry: QuestionEntry | None = None
    question: Question | None = None
    earlier: QuestionEntry | None = None

    @property
    def losses(self) -> list[str]:
        """Return what the file holds and the question will not."""
        return [note for note in self.notes if isinstance(note, Loss)]


@dataclass(frozen=True)
class ImportPlan:
    rows: tuple[ImportRow, ...]

    @property
    def counts(self) -> dict[str, int]:
        counted = Counter(row.state for row in self.rows)
        return {state: counted[state] for state in STATES}

    @property
    def fingerprint(self) -> str:
        """Return what tells this plan from one made of another file or after a change of the bank."""
        parts = (
            f"{row.state}|{row.place}|{row.code}|{row.changes}|{row.entry.digest if row.entry else row.problems}"
            for row in self.rows
        )
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def plan_import(
    read: Sequence[ReadQuestion], *, overwrite: bool = False, publish: bool = False, lock: bool = False
) -> ImportPlan:
    """Compare what a file says with the bank. The number of queries does not depend on the number of questions.

    `overwrite` takes the file's text also where a question was edited here. `publish` publishes what the file says is
    published; without it every change is a draft.
    """
    tasks = known_tasks()
    codes = {code for question in read if question.entry for code in (question.entry.id, made_id(question))}
    existing = {question.code: question for question in questions_with_content(codes=sorted(codes), lock=lock)}
    first_places: dict[str, str] = {}
    rows = []
    for question in read:
        question = named(question, existing, first_places)
        row = _row(question, tasks, existing, overwrite=overwrite, publish=publish)
        if row.entry and row.state != "refused":
            if row.code in first_places:
                row = replace(row, state="refused", entry=None, problems=(twice(row.entry, first_places[row.code]),))
            else:
                first_places[row.code] = row.place
        rows.append(row)
    return ImportPlan(tuple(_with_near_duplicates(rows)))


def _row(
    read: ReadQuestion,
    tasks: dict[str, set[str]],
    existing: dict[str, Question],
    *,
    overwrite: bool,
    publish: bool,
) -> ImportRow:
    if read.entry is None:
        return ImportRow("refused", read.place, "", read.label, problems=read.problems, notes=read.notes)
    entry = read.entry if publish else read.entry.model_copy(update={"status": "draft"})
    question = existing.get(entry.id)
    current = entry_of(question) if question else None
    if current:
        # Of what the file says nothing, the question keeps its own.
        entry = with_own(entry, current, read.assumed)
    row = ImportRow(
        "new",
        read.place,
        entry.id,
        shortened(entry.stem),
        notes=read.notes,
        entry=entry,
        question=question,
        earlier=current,
    )
    if entry.tasks and (found := task_problems(entry, tasks)):
        return replace(row, state="refused", problems=tuple(Problem("tasks", message) for message in found))
    missing = publication_problems(entry)
    notes = list(read.notes)
    if missing or not entry.tasks:
        lacking = [problem.field for problem in missing] + ([] if entry.tasks else ["tasks"])
        notes.append(f"before it can be published: {_listed(lacking)} missing or wrong.")
    if question is None or current is None:
        return replace(row, notes=tuple(notes))
    changes = _changes(current, entry)
    if publish and entry.status == "published" and (changes or question.status == Question.Status.DRAFT):
        changes.append("status")
    if not changes:
        return replace(row, state="unchanged", notes=())
    if not overwrite and not is_same(current, entry, (), UNRELATED):
        return replace(row, state="refused", entry=None, problems=(taken_by(current),))
    if question.status == Question.Status.RETIRED:
        notes.append("it is retired and stays so.")
    is_edited = _is_edited(question, current)
    if is_edited and not overwrite:
        return replace(row, state="kept", changes=tuple(changes), notes=tuple(notes))
    return replace(row, state="changed", changes=tuple(changes), notes=tuple(notes))


def _listed(fields: Iterable[str]) -> str:
    names = dict.fromkeys("rationale" if field.endswith(".rationale") else field for field in fields)
    return ", ".join(names)


_COMPARED = (
    *("kind", "shuffle", "case", "stem", "explanation", "service_note", "references", "valid_as_of"),
    *("difficulty", "tasks", "source", "answer"),
)


def _changes(current: QuestionEntry, entry: QuestionEntry) -> list[str]:
    changes = [name for name in _COMPARED if getattr(current, name) != getattr(entry, name)]
    changes += [name for name in ("tags", "decoys") if sorted(getattr(current, name)) != sorted(getattr(entry, name))]
    for part, name in (("text", "options"), ("key", "key"), ("match", "matches"), ("rationale", "rationales")):
        before, after = ([getattr(option, part) for option in other.options] for other in (current, entry))
        if before != after and any([*before, *after]):  # none of either is no change, however many options there are
            changes.append(name)
    return changes


def _settled(entry: QuestionEntry) -> str:
    """Return a fingerprint that does not depend on the order of what has none, nor on the status."""
    return entry.model_copy(
        update={
            "status": "draft",
            "tags": tuple(sorted(entry.tags)),
            "decoys": tuple(sorted(entry.decoys)),
            "tasks": dict(sorted(entry.tasks.items())),
        }
    ).digest


def _is_edited(question: Question, current: QuestionEntry) -> bool:
    """Say whether a person has changed the question since a file was loaded or imported over it."""
    latest = question.revisions.all()[0]
    was_loaded = bool(question.loaded_digest) and latest.created_by_id is None
    return not was_loaded and question.loaded_digest != _settled(current)


# --- Near duplicates ----------------------------------------------------------------------------------------------


def _with_near_duplicates(rows: Sequence[ImportRow]) -> list[ImportRow]:
    """Add notes to new rows whose stem is nearly that of another question, in the bank or in the file."""
    new = {row.code: row.entry.stem for row in rows if row.state == "new" and row.entry}
    notes: dict[str, list[str]] = defaultdict(list)
    for first, second, similarity in near_duplicates(new):
        notes[second].append(f"its stem is {similarity:.0%} like that of {first} in this file.")
    marks = {code: stem_marks(stem) for code, stem in new.items()}
    holders = _holders({mark for found in marks.values() for mark in found})
    shared = {code: Counter(pk for mark in found for pk in holders.get(mark, ())) for code, found in marks.items()}
    candidates = {code: [pk for pk, _ in counter.most_common(3)] for code, counter in shared.items() if counter}
    stems = _latest_stems({pk for found in candidates.values() for pk in found})
    for code, found in candidates.items():
        for pk in found:
            other, stem = stems[pk]
            similarity = resemblance(new[code], stem)
            if similarity >= NEAR_DUPLICATE_SIMILARITY and other != code:
                notes[code].append(f"its stem is {similarity:.0%} like that of {other}, which is in the bank.")
    return [
        replace(row, notes=(*row.notes, *notes[row.code])) if row.state == "new" and row.code in notes else row
        for row in rows
    ]


def _holders(marks: Collection[int]) -> dict[int, list[int]]:
    """Return the questions that hold each mark, without marks that many hold."""
    holders: dict[int, list[int]] = defaultdict(list)
    for part in _chunks(sorted(marks)):
        for mark, pk in StemMark.objects.filter(mark__in=part).values_list("mark", "question_id"):
            holders[mark].append(pk)
    return {mark: found for mark, found in holders.items() if len(found) <= COMMON_MARK}


def _latest_stems(pks: Collection[int]) -> dict[int, tuple[str, str]]:
    stems: dict[int, tuple[str, str]] = {}
    for part in _chunks(sorted(pks)):
        rows = Revision.objects.filter(question__in=part).order_by("number")
        for pk, code, stem in rows.values_list("question_id", "question__code", "stem"):
            stems[pk] = (code, stem)
    return stems


def _chunks(values: Sequence[int]) -> Iterable[Sequence[int]]:
    return (values[start : start + CHUNK] for start in range(0, len(values), CHUNK))


# --- Doing it -------------------------------------------------------------------------------------------------------


def apply_import(
    read: Sequence[ReadQuestion],
    *,
    by: User | None,
    now: dt.datetime,
    source: str,
    expected: str | None = None,
    skip_refused: bool = False,
    overwrite: bool = False,
    publish: bool = False,
) -> ImportPlan:
    """Write what the file says, all in one transaction or nothing; return what was done.

    `source` names the file in the questions' history. Raises `QuestionRefused` when a question is refused and not
    skipped, and when the plan is not the one whose fingerprint is `expected`: someone has changed the bank since.
    """
    try:
        with transaction.atomic():
            plan = plan_import(read, overwrite=overwrite, publish=publish, lock=True)
            if expected is not None and plan.fingerprint != expected:
                raise QuestionRefused("The bank has changed since the file was looked at; look at it again.")
            if plan.counts["refused"] and not skip_refused:
                raise QuestionRefused(f"{plan.counts['refused']} questions are refused; nothing was imported.")
            rows = [row for row in plan.rows if row.state in {"new", "changed"}]
            _write(rows, by=by, now=now, source=source)
            return _published(plan, by=by, now=now) if publish else plan
    except IntegrityError as error:  # two imports of the same new ids at the same moment: the other one was faster
        raise QuestionRefused(
            "Someone has written some of these questions just now; look at the file again."
        ) from error


def _write(rows: Sequence[ImportRow], *, by: User | None, now: dt.datetime, source: str) -> None:
    pairs = [(row.entry, row.question or Question(code=row.code)) for row in rows if row.entry]
    for entry, question in pairs:
        question.difficulty = entry.difficulty
        question.source_id = entry.source.id if entry.source else ""
        question.source_chapter = entry.source.chapter if entry.source else None
        question.source_title = entry.source.title if entry.source else ""
        question.loaded_digest = _settled(entry)
        question.updated_at = now
    new: list[Question] = []
    known: list[Question] = []
    for _, question in pairs:
        (new if question.pk is None else known).append(question)
    Question.objects.bulk_create(new)
    models.prefetch_related_objects(new, "revisions", "placements")  # there are none: asked once, not for each
    fields = ["difficulty", "source_id", "source_chapter", "source_title", "loaded_digest", "updated_at"]
    Question.objects.bulk_update(known, fields, batch_size=500)
    _write_tags(pairs)
    _write_placements(pairs)
    _write_revisions(pairs, [row for row in rows if row.entry], by=by, now=now, source=source)


Pairs = Sequence[tuple[QuestionEntry, Question]]


def _write_tags(pairs: Pairs) -> None:
    names = {tag for entry, _ in pairs for tag in entry.tags}
    Tag.objects.bulk_create([Tag(name=name) for name in sorted(names)], ignore_conflicts=True)
    tags = {name: pk for name, pk in Tag.objects.values_list("name", "pk") if name in names}
    through = Question.tags.through
    for part in _chunks([question.pk for _, question in pairs]):
        through.objects.filter(question__in=part).delete()
    through.objects.bulk_create(
        [through(question_id=question.pk, tag_id=tags[tag]) for entry, question in pairs for tag in entry.tags]
    )


def _write_placements(pairs: Pairs) -> None:
    tasks = {
        (task.domain.certification.code, task.code): task
        for task in Task.objects.select_related("domain__certification")
    }
    placements, stale = [], []
    for entry, question in pairs:
        wanted = {
            tasks[certification, code].pk: tasks[certification, code] for certification, code in entry.tasks.items()
        }
        for placement in question.placements.all():
            if wanted.pop(placement.task_id, None) is None:  # one that stays keeps its draw key
                stale.append(placement.pk)
        placements += [
            QuestionTask(question=question, task=task, domain=task.domain, certification=task.domain.certification)
            for task in wanted.values()
        ]
    QuestionTask.objects.filter(pk__in=stale).delete()
    QuestionTask.objects.bulk_create(placements)


def _write_revisions(
    pairs: Pairs, rows: Sequence[ImportRow], *, by: User | None, now: dt.datetime, source: str
) -> None:
    added: list[Revision] = []
    changed: list[Revision] = []
    dropped, events, marks = [], [], []
    for (entry, question), row in zip(pairs, rows, strict=True):
        content = QuestionContent.model_validate(entry.model_dump(include=set(QuestionContent.model_fields)))
        latest = next(iter(question.revisions.all()), None)
        draft = latest if latest and latest.published_at is None else None
        published = question.published_revision
        revision: Revision | None = draft or Revision(question=question, number=latest.number + 1 if latest else 1)
        if published and published.content == content:
            dropped += [draft.pk] if draft else []
            revision = published
        elif revision and (draft is None or draft.content != content):
            revision.set_content(content)
            revision.created_by = by
            (changed if draft else added).append(revision)
        events.append(
            QuestionEvent(
                question=question,
                revision=revision,
                kind=QuestionEvent.Kind.IMPORTED,
                by=by,
                at=now,
                text=source,
                losses="\n".join(row.losses),
                # A draft is written over in place, and so are tags and tasks; what they said is kept here.
                earlier=row.earlier.model_dump(mode="json", exclude_defaults=True) if row.earlier else None,
            )
        )
        marks += [StemMark(question=question, mark=mark) for mark in stem_marks(content.stem)]
    # A draft that is no longer needed waits for no review.
    Question.objects.filter(revisions__in=dropped).update(reviewer=None)
    Revision.objects.filter(pk__in=dropped, published_at=None).delete()
    Revision.objects.bulk_create(added)
    names = [field.name for field in Revision._meta.concrete_fields if field.name not in _FIXED]
    Revision.objects.bulk_update(changed, names, batch_size=200)
    QuestionEvent.objects.bulk_create(events)
    for part in _chunks([question.pk for _, question in pairs]):
        StemMark.objects.filter(question__in=part).delete()
    StemMark.objects.bulk_create(marks, batch_size=CHUNK)


_FIXED = {"id", "question", "number", "created_at", "published_at"}


def _published(plan: ImportPlan, *, by: User | None, now: dt.datetime) -> ImportPlan:
    """Publish what the file says is published, as far as the rules of publication let this person."""
    codes = {row.code for row in plan.rows if row.state in {"new", "changed"} and row.entry}
    questions = {
        question.code: question
        for question in questions_with_content(codes=sorted(codes))
        if question.status != Question.Status.RETIRED
    }
    rows = []
    for row in plan.rows:
        question = questions.get(row.code)
        if question and row.state in {"new", "changed"} and row.entry and row.entry.status == "published":
            try:
                reviewing.publish(question=question, by=by, now=now)
            except QuestionRefused as refusal:
                row = replace(row, notes=(*row.notes, f"imported as a draft, not published: {refusal}"))
        rows.append(row)
    return ImportPlan(tuple(rows))
