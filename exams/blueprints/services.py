"""The exams every certification begins with, and the fixed forms that instructors draw."""

import datetime as dt
import random
import secrets
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max, QuerySet
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User
from exams.blueprints.models import Exam, ExamForm, FormQuestion
from exams.blueprints.queries.drawing import bank_of, draw_items, exam_quotas, form_pool, seen_among
from exams.blueprints.queries.fixed_forms import form_version, in_forms_of, mix_of
from exams.exceptions import FormRefused
from questions.models import Certification, QuestionTask, Task
from questions.queries import chapters_of


@transaction.atomic
def create_standard_exams(certification: Certification) -> list[Exam]:
    """Create the exams every certification begins with, where its bank can fill them; return the new ones.

    A full mock, a sprint of 20 questions in half an hour, the certification's other forms, and practice per domain and
    per chapter at the pace of the real exam. Where the bank is too small for one, it is made by a later call, once the
    bank has grown: every start of the server calls. One that exists, even if it was edited, is left as it is.
    """

    exams = _standard_exams(certification)
    existing = set(Exam.objects.filter(slug__in=[exam.slug for exam in exams]).values_list("slug", flat=True))
    created = [exam for exam in exams if exam.slug not in existing and not mix_of(exam)[1]]
    for exam in created:
        exam.save()
    return created


def _standard_exams(certification: Certification) -> list[Exam]:
    def exam(name: str, title: str, description: str, questions: int, minutes: int = 0, **others: Any) -> Exam:
        at_the_real_pace = -(-questions * certification.minutes // certification.question_count)
        return Exam(
            certification=certification,
            slug=f"{certification.code}-{name}",
            title=f"{certification.code.upper()} {title}",
            description=description,
            question_count=questions,
            minutes=minutes or at_the_real_pace,
            cut_score=certification.cut_score,
            scale_min=certification.scale_min,
            scale_max=certification.scale_max,
            **others,
        )

    count, unscored = certification.question_count, certification.unscored_count
    length = "The length, the time and the mix of the real exam."
    exams = [
        exam("full", "full mock exam", length, count, unscored_count=unscored),
        exam("sprint", "sprint", "Twenty questions from all domains in half an hour.", 20, minutes=30),
    ]
    # Given beside the standard form, for example as a beta: of its own length, and named as what it is.
    for form in certification.other_forms:
        size = {"minutes": form["minutes"], "unscored_count": form["unscored_count"]}
        exams.append(exam(form["code"], form["name"], form["note"], form["question_count"], **size))
    for domain in certification.domains.all():
        said = f"Ten questions from domain {domain.number}."
        exams.append(exam(f"domain-{domain.number}", f"practice: {domain.name}", said, 10, domain=domain))
    for chapter in chapters_of(certification):
        number, count = chapter.number, chapter.questions
        said = f"The {count} questions of chapter {number} of the study material."
        exams.append(exam(f"chapter-{number}", f"chapter {number}: {chapter.title}", said, count, chapter=number))
    return exams


@transaction.atomic
def draw_form(*, exam: Exam, by: User, now: dt.datetime, seed: int | None = None) -> tuple[ExamForm, int]:
    """Draw the exam's next fixed form from the bank of now; return it, and how many of its questions stand in an
    earlier form too: none as long as the bank has others.

    Raises `PoolTooSmall` or `QuotasDoNotFit` when there can be no form.
    """
    # Two instructors who draw at once get two numbers, and questions of their own.
    exam = Exam.objects.select_for_update().get(pk=exam.pk)
    seed = secrets.randbits(62) if seed is None else seed
    form_quotas, used = exam_quotas(exam), in_forms_of(exam)
    pool = form_pool(form_quotas, bank=bank_of(exam), seen=used, seed=seed)
    repeated = seen_among(pool, used)
    drawn = draw_items(pool, form_quotas, seed=seed, seen=repeated)
    number = (exam.forms.aggregate(last=Max("number"))["last"] or 0) + 1
    form = ExamForm.objects.create(exam=exam, number=number, seed=seed, created_by=by, created_at=now)
    FormQuestion.objects.bulk_create(
        FormQuestion(
            form=form, position=position, question_id=item.question_id, task_id=item.task_id, is_scored=is_scored
        )
        for position, (item, is_scored) in enumerate(drawn, start=1)
    )
    audit.record("form.drawn", by=by, target=form, after={"questions": len(drawn)})
    return form, sum(item.question_id in repeated for item, _scored in drawn)


def _untaken(form: ExamForm, seen: str | None) -> ExamForm:
    """Lock and return a form that may still change. One that somebody took stays: their results stand on it.

    `seen` is the `form_version` of the page that decides; None where there is no page.
    """
    form = ExamForm.objects.select_for_update(of=("self",)).select_related("exam").get(pk=form.pk)
    if form.attempts.exists():
        raise FormRefused(
            _("Form %(number)s has been taken and can no longer change. Draw another form instead.")
            % {"number": form.number}
        )
    if seen is not None and seen != form_version(form):
        raise FormRefused(
            _("Somebody changed form %(number)s after you opened the page. Look at it as it is now.")
            % {"number": form.number}
        )
    return form


def _any_from(placements: QuerySet[QuestionTask], start: float) -> int | None:
    """Return the id of the first question from this draw key on, or else of the first of all."""
    ids = placements.order_by("draw_key").values_list("question_id", flat=True)
    return ids.filter(draw_key__gte=start).first() or ids.first()


@transaction.atomic
def replace_in_form(
    *,
    form: ExamForm,
    position: int,
    by: User | None,
    code: str = "",
    seed: int | None = None,
    seen: str | None = None,
) -> FormQuestion:
    """Put another question of the same task in a question's place: the one with this code, or any.

    Any is one that stands in no form of the exam, as long as there is one. Raises `FormRefused`.
    """
    form = _untaken(form, seen)
    place = form.questions.select_related("task").filter(position=position).first()
    if place is None:
        raise FormRefused(
            _("Form %(number)s has no question %(position)s.") % {"number": form.number, "position": position}
        )
    found = _replacement(form, place.task, code, seed)
    before, place.question_id = place.question_id, found
    place.save(update_fields=["question"])
    audit.record(
        "form.question_replaced",
        by=by,
        target=form,
        before={"position": position, "question": before},
        after={"position": position, "question": found},
    )
    return place


def _replacement(form: ExamForm, task: Task, code: str, seed: int | None) -> int:
    own = form.questions.values("question_id")
    others = bank_of(form.exam).filter(task=task).exclude(question_id__in=own)
    if code:
        found = others.filter(question__code=code).values_list("question_id", flat=True).first()
        refusal = _(
            "“%(code)s” is not a published question of task %(task)s that this exam can draw and "
            "this form does not contain yet."
        )
    else:
        start = random.Random(seed).random()  # noqa: S311  # variety, not secrecy
        found = _any_from(others.exclude(question_id__in=in_forms_of(form.exam)), start) or _any_from(others, start)
        refusal = _("The bank has no other question of task %(task)s.")
    if found is None:
        raise FormRefused(refusal % {"code": code, "task": task.label})
    return found


def delete_form(*, form: ExamForm, by: User | None, seen: str | None = None) -> None:
    """Delete a form that nobody has taken. Raises `FormRefused`."""
    try:
        with transaction.atomic():
            form = _untaken(form, seen)
            questions = list(form.questions.values_list("question", flat=True))
            audit.record("form.deleted", by=by, target=form, before={"questions": questions})
            form.delete()
    except IntegrityError:
        # A candidate started it between the look and the deletion; the database noticed.
        raise FormRefused(
            _("Form %(number)s has just been taken and can no longer be deleted.") % {"number": form.number}
        ) from None
