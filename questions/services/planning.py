"""What importing a file would do. The bank's own files and foreign formats share one plan.

A question is *edited here* when it does not say what the last file that was imported over it said: its text, tasks,
tags, difficulty or source. `Question.loaded_digest` holds the digest of what that file said.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from questions.bankfiles import QuestionEntry, Skills, skill_problems, task_problems
from questions.content import NEAR_DUPLICATE_SIMILARITY, Problem, near_duplicates, publication_problems
from questions.formats.base import Loss, ReadQuestion
from questions.linting import resemblance, stem_marks
from questions.models import Question, QuestionEvent, Revision, StemMark
from questions.queries import known_skills, known_tasks
from questions.services.exporting import chunks, entry_of, questions_with_content
from questions.services.naming import UNRELATED, is_same, made_id, named, shortened, taken_by, twice, with_own

# A run of words that so many stems share ("with the least operational overhead") says nothing about two of them.
COMMON_MARK = 25
STATES = ("refused", "new", "changed", "kept", "unchanged")
LABELS = {
    "refused": gettext_lazy("refused"),
    "new": gettext_lazy("new"),
    "changed": gettext_lazy("changed"),
    "kept": gettext_lazy("kept"),
    "unchanged": gettext_lazy("unchanged"),
}
# What the history names as the file that the loader of the bank has read.
BANK_FILES = "the bank's files"


@dataclass(frozen=True)
class ImportRow:
    """One question of the file and what an import would do with it.

    `state` is one of `STATES`; "kept" means that it was edited here since it was loaded or imported, and stays so.
    `changes` names the fields that would change, `earlier` is the question as it is now. `is_adopted` is true where the
    bank's file has come to say what was edited here: from then on the question follows that file again.
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
    is_adopted: bool = False

    @property
    def state_label(self) -> str:
        return str(LABELS[self.state])

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
        parts = (f"{row.state}|{row.place}|{row.code}|{row.changes}|{_said(row)}" for row in self.rows)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _said(row: ImportRow) -> object:
    # Where the problems are, and not their words: those are in the language of whoever looks.
    return f"{row.entry.digest}|{row.entry.status}" if row.entry else [problem.field for problem in row.problems]


def plan_import(
    read: Sequence[ReadQuestion],
    *,
    overwrite: bool = False,
    publish: bool = False,
    is_bank: bool = False,
    lock: bool = False,
) -> ImportPlan:
    """Compare what a file says with the bank. The number of queries does not depend on the number of questions.

    `overwrite` takes the file's text also where a question was edited here. `publish` publishes what the file says is
    published; without it every change is a draft. `is_bank` is for the bank's own files, loaded at each start with
    nobody watching: their ids are the bank's, whatever the text, and what another file brought counts as edited here.
    """
    tasks = known_tasks()
    codes = {question.entry.id for question in read if question.entry}
    codes |= {made_id(question) for question in read if not question.id_is_ours}
    existing = {question.code: question for question in questions_with_content(codes=sorted(codes), lock=lock)}
    skills = known_skills() if _name_skills(read, existing.values()) else {}
    others = _of_other_files(existing.values()) if is_bank else set()
    first_places: dict[str, str] = {}
    rows = []
    for question in read:
        question = named(question, existing, first_places)
        row = _compared(question, tasks, skills, existing, publish=publish)
        row = _with_edits(row, others, overwrite=overwrite, is_bank=is_bank)
        if row.entry and row.state != "refused":
            if row.code in first_places:
                row = replace(row, state="refused", entry=None, problems=(twice(row.entry, first_places[row.code]),))
            else:
                first_places[row.code] = row.place
        rows.append(row)
    return ImportPlan(tuple(rows if is_bank else _with_near_duplicates(rows)))


def _name_skills(read: Iterable[ReadQuestion], existing: Iterable[Question]) -> bool:
    """Say whether the file or the bank names any skill: most certifications have none, and then none are read."""
    return any(question.entry and question.entry.skills for question in read) or any(
        placement.skill_id for question in existing for placement in question.placements.all()
    )


def _with_edits(row: ImportRow, others: Collection[int], *, overwrite: bool, is_bank: bool) -> ImportRow:
    """Return the row with what follows from edits made here: it is kept, or the bank's file now says the same."""
    if row.state not in {"changed", "unchanged"} or not (row.question and row.earlier and row.entry):
        return row
    is_edited = row.question.loaded_digest != row.earlier.digest or row.question.pk in others
    if row.state == "unchanged":
        return replace(row, is_adopted=is_bank and is_edited)
    if not (overwrite or is_bank or is_same(row.earlier, row.entry, (), UNRELATED)):
        return replace(row, state="refused", entry=None, problems=(taken_by(row.earlier),))
    return replace(row, state="kept") if is_edited and not overwrite else row


def _of_other_files(questions: Iterable[Question]) -> set[int]:
    """Return the questions whose last import was of another file than the bank's."""
    latest: dict[int, str] = {}
    for part in chunks([question.pk for question in questions]):
        events = QuestionEvent.objects.filter(question__in=part, kind=QuestionEvent.Kind.IMPORTED)
        latest |= dict(events.order_by("at", "pk").values_list("question_id", "text"))
    return {pk for pk, source in latest.items() if source != BANK_FILES}


def _compared(
    read: ReadQuestion, tasks: dict[str, set[str]], skills: Skills, existing: dict[str, Question], *, publish: bool
) -> ImportRow:
    """Return the row of a question as if nobody had edited anything here: refused, new, changed or unchanged."""
    if read.entry is None:
        return ImportRow("refused", read.place, "", read.label, problems=read.problems, notes=read.notes)
    entry = read.entry if publish else read.entry.model_copy(update={"status": "draft"})
    question = existing.get(entry.id)
    current = entry_of(question) if question else None
    if current:
        # Of what the file says nothing, the question keeps its own.
        entry = with_own(entry, current, read.assumed)
    row = ImportRow("new", read.place, entry.id, shortened(entry.stem), entry=entry, question=question, earlier=current)
    problems = tuple(Problem("tasks", message) for message in task_problems(entry, tasks) if entry.tasks)
    if problems := problems or tuple(Problem("skills", message) for message in skill_problems(entry, skills)):
        return replace(row, state="refused", problems=problems, notes=read.notes)
    changes = _changes(current, entry) if current else []
    if question and current:
        is_waiting = (
            current.status == "draft" and not question.reviewer_id and question.status != Question.Status.RETIRED
        )
        if entry.status == "published" and (changes or is_waiting):
            changes.append("status")
        if not changes:
            return replace(row, state="unchanged")
    notes = list(read.notes)
    lacking = [problem.field for problem in publication_problems(entry)] + ([] if entry.tasks else ["tasks"])
    if lacking:
        notes.append(_("before publication: %(fields)s must be added or corrected.") % {"fields": _listed(lacking)})
    if question and question.status == Question.Status.RETIRED:
        notes.append(_("the question is retired and stays retired."))
    return replace(row, state="changed" if current else "new", changes=tuple(changes), notes=tuple(notes))


def _listed(fields: Iterable[str]) -> str:
    names = dict.fromkeys("rationale" if field.endswith(".rationale") else field for field in fields)
    return ", ".join(names)


_COMPARED = (
    *("kind", "shuffle", "case", "stem", "explanation", "service_note", "references", "valid_as_of"),
    *("difficulty", "tasks", "skills", "source", "answer"),
)


def _changes(current: QuestionEntry, entry: QuestionEntry) -> list[str]:
    changes = [name for name in _COMPARED if getattr(current, name) != getattr(entry, name)]
    changes += [name for name in ("tags", "decoys") if sorted(getattr(current, name)) != sorted(getattr(entry, name))]
    for part, name in (("text", "options"), ("key", "key"), ("match", "matches"), ("rationale", "rationales")):
        before, after = ([getattr(option, part) for option in other.options] for other in (current, entry))
        if before != after and any([*before, *after]):  # none of either is no change, however many options there are
            changes.append(name)
    return changes


# --- Near duplicates ----------------------------------------------------------------------------------------------


def _with_near_duplicates(rows: Sequence[ImportRow]) -> list[ImportRow]:
    """Add notes to new rows whose stem is nearly that of another question, in the bank or in the file."""
    new = {row.code: row.entry.stem for row in rows if row.state == "new" and row.entry}
    notes: dict[str, list[str]] = defaultdict(list)
    for first, second, similarity in near_duplicates(new):
        notes[second].append(
            _("its stem is %(similarity)s like that of %(first)s in this file.")
            % {"similarity": f"{similarity:.0%}", "first": first}
        )
    marks = {code: stem_marks(stem) for code, stem in new.items()}
    holders = _holders({mark for found in marks.values() for mark in found})
    shared = {code: Counter(pk for mark in found for pk in holders.get(mark, ())) for code, found in marks.items()}
    candidates = {code: [pk for pk, _count in counter.most_common(3)] for code, counter in shared.items() if counter}
    stems = _latest_stems({pk for found in candidates.values() for pk in found})
    for code, found in candidates.items():
        for pk in found:
            other, stem = stems[pk]
            similarity = resemblance(new[code], stem)
            if similarity >= NEAR_DUPLICATE_SIMILARITY and other != code:
                notes[code].append(
                    _("its stem is %(similarity)s like that of %(other)s, which is in the bank.")
                    % {"similarity": f"{similarity:.0%}", "other": other}
                )
    return [
        replace(row, notes=(*row.notes, *notes[row.code])) if row.state == "new" and row.code in notes else row
        for row in rows
    ]


def _holders(marks: Collection[int]) -> dict[int, list[int]]:
    """Return the questions that hold each mark, without marks that many hold."""
    holders: dict[int, list[int]] = defaultdict(list)
    for part in chunks(sorted(marks)):
        for mark, pk in StemMark.objects.filter(mark__in=part).values_list("mark", "question_id"):
            holders[mark].append(pk)
    return {mark: found for mark, found in holders.items() if len(found) <= COMMON_MARK}


def _latest_stems(pks: Collection[int]) -> dict[int, tuple[str, str]]:
    stems: dict[int, tuple[str, str]] = {}
    for part in chunks(sorted(pks)):
        rows = Revision.objects.filter(question__in=part).order_by("number")
        for pk, code, stem in rows.values_list("question_id", "question__code", "stem"):
            stems[pk] = (code, stem)
    return stems
