"""Fixed forms: which can be given to candidates, whose turn it is, and what an exam's blueprint yields."""

import hashlib
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from exams.blueprints.assembly import Quota
from exams.blueprints.models import Exam, ExamForm, FormQuestion
from exams.blueprints.queries.drawing import bank_of, count_parts, exam_quotas, shortages
from exams.exceptions import ExamRefused, NoUsableForm, PoolTooSmall
from questions.models import Question
from questions.queries import Drawable

IS_PUBLISHED = Q(questions__question__status=Question.Status.PUBLISHED)


def forms_of(exam: Exam) -> QuerySet[Any, Any]:
    """Select the exam's forms with `total`, `unscored` and `published`: numbers of their questions."""
    return exam.forms.annotate(
        total=Count("questions"),
        unscored=Count("questions", filter=Q(questions__is_scored=False)),
        published=Count("questions", filter=IS_PUBLISHED),
    )


def usable_forms(exam: Exam) -> QuerySet[Any, Any]:
    """Select the forms that candidates can be given: as long as the exam is, and no question was retired since."""
    return forms_of(exam).filter(total=exam.question_count, unscored=exam.unscored_count, published=F("total"))


def no_usable_form() -> NoUsableForm:
    # `to_mend` shows its instructors why, for as long as it lasts.
    return NoUsableForm(
        _(
            "Nobody can start this exam right now because its questions are being revised. The "
            "instructors know about it. Please come back later."
        )
    )


def form_version(form: ExamForm) -> str:
    """Return a short text that is another one as soon as another question stands anywhere in the form."""
    asked = ",".join(map(str, form.questions.order_by("position").values_list("question_id", flat=True)))
    return hashlib.sha256(asked.encode()).hexdigest()[:20]


def form_items(form: ExamForm) -> list[tuple[Drawable, bool]]:
    """Return the questions of a form in its order, each with its revision of today and whether it is scored."""
    rows = form.questions.order_by("position").values_list(
        "question_id", "question__published_revision_id", "task_id", "task__domain_id", "is_scored"
    )
    return [
        (Drawable(question_id, revision_id, task_id, domain_id), is_scored)
        for question_id, revision_id, task_id, domain_id, is_scored in rows
        if revision_id is not None
    ]


def mix_of(exam: Exam) -> tuple[list[Quota], list[ExamRefused]]:
    """Return what a form holds, and why nobody can start the exam, whatever the hour: what the bank lacks, or that no
    fixed form is usable."""
    form_quotas: list[Quota] = []
    refusals: list[ExamRefused] = []
    try:
        form_quotas = exam_quotas(exam)
    except ExamRefused as refusal:
        refusals = [refusal]
    if exam.has_fixed_forms:
        # Its forms are drawn already: what the bank has today is no obstacle.
        refusals = [] if usable_forms(exam).exists() else [no_usable_form()]
    elif form_quotas:
        refusals = shortages(exam, form_quotas)
    return form_quotas, refusals


# --- For instructors --------------------------------------------------------------------------------


def to_mend(exams: QuerySet[Exam]) -> QuerySet[Exam]:
    """Select, of these, the exams with fixed forms that candidates wait for: none of them can be given, or one that
    nobody has taken yet holds a question that was retired.

    What was taken keeps its questions, so a form that was taken is mended by another form beside it.
    """
    usable = ExamForm.objects.annotate(
        total=Count("questions"),
        unscored=Count("questions", filter=Q(questions__is_scored=False)),
        published=Count("questions", filter=IS_PUBLISHED),
    ).filter(
        exam=OuterRef("pk"),
        total=F("exam__question_count"),
        unscored=F("exam__unscored_count"),
        published=F("total"),
    )
    broken = FormQuestion.objects.filter(form__exam=OuterRef("pk"), form__attempts=None).exclude(
        question__status=Question.Status.PUBLISHED
    )
    is_waited_for = Q(is_offered=True) | Q(pk__in=Exam.objects.filter(assignments__isnull=False).values("pk"))
    return exams.filter(is_waited_for, form_kind=Exam.FormKind.FIXED).filter(~Exists(usable) | Exists(broken))


@dataclass(frozen=True)
class QuotaCheck:
    """What a quota needs, what the bank has for it, and how much of that stands in no form of the exam yet."""

    quota: Quota
    available: int
    unused: int

    @property
    def is_short(self) -> bool:
        return self.available < self.quota.total

    @property
    def shortage(self) -> PoolTooSmall:
        return PoolTooSmall(self.quota.name, self.quota.total, self.available)


@dataclass(frozen=True)
class FormCheck:
    """A fixed form, how often it was taken, and why candidates do not get it (empty: they do)."""

    form: ExamForm
    attempts: int
    problems: list[str]


@dataclass(frozen=True)
class BlueprintCheck:
    """Whether the bank fills the exam. Every question counts towards one quota at most, so the numbers are exact."""

    refusal: str
    quotas: list[QuotaCheck]
    forms: list[FormCheck]

    @property
    def is_filled(self) -> bool:
        return not self.refusal and not any(row.is_short for row in self.quotas)

    @property
    def usable_forms(self) -> int:
        return sum(not form.problems for form in self.forms)

    @property
    def disjoint_forms(self) -> int:
        """How many forms without a common question the bank yields."""
        return min((row.available // row.quota.total for row in self.quotas if row.quota.total), default=0)

    @property
    def further_forms(self) -> int:
        """How many that share no question with each other nor with the forms already drawn."""
        return min((row.unused // row.quota.total for row in self.quotas if row.quota.total), default=0)


def blueprint_check(exam: Exam) -> BlueprintCheck:
    """Compare the blueprint with the bank of now: a fixed number of queries, whatever the number of forms."""
    forms = _form_checks(exam)
    try:
        form_quotas = exam_quotas(exam)
    except ExamRefused as refusal:
        return BlueprintCheck(str(refusal), [], forms)
    bank, parts = bank_of(exam), [quota.part for quota in form_quotas]
    available = count_parts(bank, parts)
    unused = count_parts(bank.exclude(question_id__in=in_forms_of(exam)), parts)
    return BlueprintCheck(
        "", [QuotaCheck(quota, available[quota.part], unused[quota.part]) for quota in form_quotas], forms
    )


def in_forms_of(exam: Exam) -> QuerySet[FormQuestion, int]:
    """Select the ids of the questions that stand in a form of the exam."""
    return FormQuestion.objects.filter(form__exam=exam).order_by().values_list("question_id", flat=True)


def _form_checks(exam: Exam) -> list[FormCheck]:
    attempts = dict(exam.forms.annotate(taken=Count("attempts")).values_list("pk", "taken"))
    retired: dict[int, list[str]] = {}
    for form_id, position, code in (
        FormQuestion.objects.filter(form__exam=exam)
        .exclude(question__status=Question.Status.PUBLISHED)
        .order_by("position")
        .values_list("form", "position", "question__code")
    ):
        retired.setdefault(form_id, []).append(
            _("question %(position)s (%(code)s) is no longer published") % {"position": position, "code": code}
        )
    checks = []
    for form in forms_of(exam).select_related("created_by"):
        problems = retired.get(form.pk, [])
        if (form.total, form.unscored) != (exam.question_count, exam.unscored_count):
            problems = [
                _(
                    "the form has %(total)s questions, %(unscored)s of them unscored; the exam now has "
                    "%(wanted)s and %(wanted_unscored)s"
                )
                % {
                    "total": form.total,
                    "unscored": form.unscored,
                    "wanted": exam.question_count,
                    "wanted_unscored": exam.unscored_count,
                },
                *problems,
            ]
        checks.append(FormCheck(form, attempts.get(form.pk, 0), problems))
    return checks
