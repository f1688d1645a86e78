from argparse import ArgumentParser
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from questions.bankfiles import Bank, find_files, read_bank
from questions.content import LETTERS, longest_option_is_key
from questions.kinds import KINDS, kind_of


class Command(BaseCommand):
    help = "Check question files without a database: problems by file and line, then what the bank covers."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="*", type=Path, default=[Path("fixtures")])

    def handle(self, *args: Any, paths: list[Path], **options: Any) -> None:
        bank = read_bank(find_files(paths))
        for problem in bank.problems:
            self.stderr.write(str(problem))
        if bank.problems:
            raise CommandError(f"{len(bank.problems)} problems in {len(bank.questions)} questions.")
        self._print_coverage(bank)
        self.stdout.write(f"{len(bank.questions)} questions, no problem")

    def _print_coverage(self, bank: Bank) -> None:
        counts = Counter(
            (certification, task, question.kind)
            for question in bank.questions
            for certification, task in question.tasks.items()
        )
        for certification in bank.certifications:
            self.stdout.write(f"{certification.code}: {certification.name}")
            self._print_row("task", [*KINDS, "all"])
            for domain in certification.domains:
                for task in domain.tasks:
                    of_task = [counts[certification.code, task.code, name] for name in KINDS]
                    self._print_row(f"{task.code} {task.name}", [*of_task, sum(of_task)])
        chapters = Counter((q.source.chapter, q.source.title) for q in bank.questions if q.source)
        for (chapter, title), count in sorted(chapters.items()):
            self.stdout.write(f"  chapter {chapter:2} {title:50} {count:6}")
        longest, singles = longest_option_is_key(bank.questions)
        keys = [kind_of(question.kind).only_key(question) for question in bank.questions]
        positions = Counter(LETTERS[key] for key in keys if key is not None)
        shares = ", ".join(f"{letter} {n / max(singles, 1):.0%}" for letter, n in sorted(positions.items()))
        self.stdout.write(
            f"key positions of single questions: {shares}; the key is the longest option in {longest}/{singles}"
        )

    def _print_row(self, name: str, cells: Sequence[object]) -> None:
        self.stdout.write(f"  {name[:60]:60}" + "".join(f" {cell!s:>8}" for cell in cells))
