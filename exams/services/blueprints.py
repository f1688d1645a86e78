"""The exams every certification begins with."""

from django.db import transaction

from exams.models import Exam
from exams.queries import short_domains
from questions.models import Certification
from questions.queries import chapters_of


@transaction.atomic
def create_standard_exams(certification: Certification) -> list[Exam]:
    """Create the exams every certification begins with, where its bank can fill them; return the new ones.

    A full mock, a sprint of 20 questions in half an hour, and practice per domain and per chapter at the pace of the
    real exam. One that exists, even if it was edited, is left as it is.
    """

    def minutes_for(questions: int) -> int:
        return -(-questions * certification.minutes // certification.question_count)

    common = {
        "certification": certification,
        "cut_score": certification.cut_score,
        "scale_min": certification.scale_min,
        "scale_max": certification.scale_max,
    }
    exams = [
        Exam(
            slug=f"{certification.code}-full",
            title=f"{certification.code.upper()} full mock exam",
            description="The length, the time and the mix of the real exam.",
            question_count=certification.question_count,
            unscored_count=certification.unscored_count,
            minutes=certification.minutes,
            **common,
        ),
        Exam(
            slug=f"{certification.code}-sprint",
            title=f"{certification.code.upper()} sprint",
            description="Twenty questions from all domains in half an hour.",
            question_count=20,
            minutes=30,
            **common,
        ),
    ]
    exams += [
        Exam(
            slug=f"{certification.code}-domain-{domain.number}",
            title=f"{certification.code.upper()} practice: {domain.name}",
            description=f"Ten questions from domain {domain.number}.",
            domain=domain,
            question_count=10,
            minutes=minutes_for(10),
            **common,
        )
        for domain in certification.domains.all()
    ]
    exams += [
        Exam(
            slug=f"{certification.code}-chapter-{chapter.number}",
            title=f"{certification.code.upper()} chapter {chapter.number}: {chapter.title}",
            description=f"The {chapter.questions} questions of chapter {chapter.number} of the study material.",
            chapter=chapter.number,
            question_count=chapter.questions,
            minutes=minutes_for(chapter.questions),
            **common,
        )
        for chapter in chapters_of(certification)
    ]
    existing = set(Exam.objects.filter(slug__in=[exam.slug for exam in exams]).values_list("slug", flat=True))
    created = [exam for exam in exams if exam.slug not in existing and not short_domains(exam)]
    for exam in created:
        exam.save()
    return created
