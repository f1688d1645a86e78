from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from questions.bankfiles import find_files, read_bank
from questions.exceptions import QuestionRefused
from questions.queries import known_skills, known_tasks
from questions.services import load_bank


class Command(BaseCommand):
    help = "Load certifications and questions from YAML files: all of them or, if anything is wrong, none."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path, help="files, or folders read recursively")
        parser.add_argument(
            "--overwrite",
            action="store_true",
            help="make a new revision from the file even of a question edited in the admin; its draft is replaced",
        )

    def handle(self, *args: Any, paths: list[Path], overwrite: bool, **options: Any) -> None:
        bank = read_bank(find_files(paths), known_tasks(), known_skills())
        if bank.problems:
            for problem in bank.problems:
                self.stderr.write(str(problem))
            raise CommandError(f"{len(bank.problems)} problems; nothing was loaded.")
        try:
            plan = load_bank(bank=bank, now=timezone.now(), overwrite=overwrite)
        except QuestionRefused as error:
            raise CommandError(str(error)) from error
        for row in plan.rows:
            if row.state in {"new", "changed"} and options["verbosity"] > 1:
                self.stdout.write(f"{row.state}: {row.code}")
            if row.state == "kept":
                self.stdout.write(f"kept: {row.code} was edited here; --overwrite takes the file's text")
            for note in row.notes if row.state in {"new", "changed"} else ():
                self.stdout.write(f"{row.code}: {note}")
        counts = ", ".join(f"{plan.counts[state]} {state}" for state in ("new", "changed", "unchanged", "kept"))
        self.stdout.write(f"{len(bank.certifications)} certifications; questions: {counts}")
