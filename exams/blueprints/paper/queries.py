"""A form as instructors look at it and print it: its questions as they are published now, with their key."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from exams.blueprints.assembly import option_order
from exams.blueprints.models import Exam, ExamForm
from exams.blueprints.paper.printing import Paper, PrintedOption, PrintedQuestion
from exams.blueprints.queries.drawing import bank_of, draw_items, exam_quotas, form_pool
from exams.blueprints.queries.fixed_forms import form_items
from questions.kinds import kind_of
from questions.kinds.showing import Asked
from questions.models import Question, Revision, Task
from questions.queries import Drawable, Previewed, previewed, told_of


@dataclass(frozen=True)
class FormItem:
    """A question in a form; `shown` has its options in the order of the form."""

    position: int
    is_scored: bool
    is_published: bool
    task: Task
    revision: Revision
    shown: Previewed
    asked: Asked

    @property
    def case(self) -> SafeString:
        return self.shown.case

    @property
    def stem(self) -> SafeString:
        return self.shown.stem

    @property
    def texts(self) -> list[str]:
        """All that a paper and its key print of it."""
        shown = self.shown
        return [
            *(shown.stem, shown.case, shown.explanation, shown.service_note, self.task.label),
            *(text for option in shown.solved.options for text in (option.html, option.rationale)),
            *(place.html for place in shown.solved.places),
            *kind_of(shown.kind).on_paper(shown.told, shown.solved).texts,
            *(text for reference in shown.references for text in reference.values()),
        ]


def items_of_form(form: ExamForm) -> list[FormItem]:
    return _with_texts(form_items(form), form.seed)


def items_of_draw(exam: Exam, seed: int) -> list[FormItem]:
    """Return a form as a candidate who has met nothing could get it. Raises what `exam_quotas` and `assemble` raise."""
    form_quotas = exam_quotas(exam)
    return _with_texts(draw_items(form_pool(form_quotas, bank=bank_of(exam), seed=seed), form_quotas, seed=seed), seed)


def _with_texts(items: Sequence[tuple[Drawable, bool]], seed: int) -> list[FormItem]:
    """Read revisions and tasks: two queries. The order of options follows from the seed, as it does in an attempt."""
    revisions = Revision.objects.select_related("question").in_bulk([item.revision_id for item, _scored in items])
    tasks = Task.objects.select_related("domain").in_bulk({item.task_id for item, _scored in items})
    shown = []
    for position, (item, is_scored) in enumerate(items, start=1):
        revision = revisions[item.revision_id]
        is_shuffled = revision.shuffle_options or kind_of(revision.kind).always_shuffles
        order = option_order(len(revision.options), shuffle=is_shuffled, seed=seed, position=position)
        question = previewed(revision, order)
        options = sorted(question.solved.options, key=lambda option: option.number)
        shown.append(
            FormItem(
                position=position,
                is_scored=is_scored,
                is_published=revision.question.status == Question.Status.PUBLISHED,
                task=tasks[item.task_id],
                revision=revision,
                asked=kind_of(revision.kind).asked(told_of(revision), order, None),
                # What is to be put in order stands in its right one where it is reviewed; here as it is asked.
                shown=replace(question, solved=replace(question.solved, options=options)),
            )
        )
    return shown


def paper_of(form: ExamForm) -> Paper:
    items = items_of_form(form)
    texts = [
        (item.revision.pk, [option.letter + option.html for option in item.shown.solved.options]) for item in items
    ]
    return Paper(
        title=form.exam.title,
        form=_("form %(number)s") % {"number": form.number},
        edition=sha256(repr(texts).encode()).hexdigest()[:6],
        minutes=form.exam.minutes,
        questions=[_printed(item) for item in items],
    )


def _printed(item: FormItem) -> PrintedQuestion:
    shown = item.shown
    return PrintedQuestion(
        position=item.position,
        how=kind_of(shown.kind).on_paper(shown.told, shown.solved),
        code=shown.code,
        task=item.task.label,
        is_scored=item.is_scored,
        case=shown.case,
        stem=shown.stem,
        options=[
            PrintedOption(option.letter, option.html, option.box, option.rationale) for option in shown.solved.options
        ],
        explanations=[shown.explanation, shown.service_note],
        references=[_reference(reference) for reference in shown.references],
    )


def _reference(reference: Mapping[str, str]) -> str:
    """Return a reference with its address in full: paper has no links."""
    named = f"{reference['title']}, “{reference['section']}”"
    return f"{named}, {reference['url']}" if reference.get("url") else named
