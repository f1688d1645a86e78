import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts import audit
from questions.formats.registry import FORMATS
from questions.models import Certification, Question
from questions.services import export_questions, with_content


class Command(BaseCommand):
    help = "Write the latest revision of questions to a file. What a format cannot carry is said."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--format", choices=list(FORMATS), default="yaml")
        parser.add_argument("--certification", help="only the questions of this one, for example mls-c01")
        parser.add_argument("--output", type=Path, help="the file; without it the questions go to standard output")

    def handle(self, *args: Any, certification: str | None, output: Path | None, **options: Any) -> None:
        format_ = FORMATS[options["format"]]
        questions = Question.objects.order_by("code")
        if certification:
            if not Certification.objects.filter(code=certification).exists():
                raise CommandError(f"There is no certification {certification}.")
            questions = questions.filter(placements__certification__code=certification)
        export = export_questions(with_content(questions), format_)
        after = {"format": format_.name, "questions": export.written}
        audit.record("questions.exported", by=None, after=after)
        if output:
            output.write_bytes(export.data)
        else:
            sys.stdout.buffer.write(export.data)  # not self.stdout: some formats are no text
        for code, reason in export.left_out:
            self.stderr.write(f"left out {code}: {reason}")
        for loss in format_.losses:
            self.stderr.write(f"not carried: {loss}")
        self.stderr.write(f"{export.written} questions written, {len(export.left_out)} left out")
