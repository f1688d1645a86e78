from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from questions.bankfiles import find_files, read_bank
from questions.queries import known_tasks
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
        bank = read_bank(find_files(paths), known_tasks())
        if bank.problems:
            for problem in bank.problems:
                self.stderr.write(str(problem))
            raise CommandError(f"{len(bank.problems)} problems; nothing was loaded.")
        report = load_bank(bank=bank, now=timezone.now(), overwrite=overwrite)
        for word in ("new", "changed"):
            for code in getattr(report, word) if options["verbosity"] > 1 else []:
                self.stdout.write(f"{word}: {code}")
        for code in report.kept:
            self.stdout.write(f"kept: {code} was edited here since it was loaded; --overwrite takes the file's text")
        self.stdout.write(
            f"{len(bank.certifications)} certifications; questions: {len(report.new)} new, "
            f"{len(report.changed)} changed, {len(report.unchanged)} unchanged, {len(report.kept)} kept"
        )
