import datetime as dt
from argparse import ArgumentParser
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from questions.bankfiles import QuestionEntry, find_files, read_bank
from questions.models import Question
from questions.service_names import all_text, is_named_in, known_services, service_called
from questions.services import with_content
from questions.services.exporting import entry_of


class Command(BaseCommand):
    help = "List questions by the day their facts were checked and by the services they name, the oldest first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="*", type=Path, help="question files; without any, the published questions")
        parser.add_argument("--certification", default="", help="only the questions of this one, for example mla-c02")
        parser.add_argument("--older-than", type=int, metavar="DAYS", help="list those that were checked before that")
        parser.add_argument("--service", default="", help="list those that name a service, by any name it had")

    def handle(self, *args: Any, paths: list[Path], certification: str, service: str, **options: Any) -> None:
        today = timezone.localdate()
        entries = self._read(paths) if paths else _published()
        if certification:
            entries = [entry for entry in entries if certification in entry.tasks]
            if not entries:
                raise CommandError(f"No question belongs to the certification {certification}.")
        days = options["older_than"]
        if service or days is not None:
            if service:
                entries = self._naming(service, entries)
            if days is not None:
                entries = [entry for entry in entries if (today - entry.valid_as_of).days > days]
            self._print_questions(entries, today)
        else:
            self._print_months(entries)
            self._print_services(entries)

    def _read(self, paths: Sequence[Path]) -> list[QuestionEntry]:
        bank = read_bank(find_files(paths))
        if not bank.questions:
            raise CommandError("These files contain no question that can be read; check_bank says why.")
        return bank.questions

    def _naming(self, wanted: str, entries: Sequence[QuestionEntry]) -> list[QuestionEntry]:
        known = service_called(wanted)
        if known:
            note = f" {known.note}" if known.note else ""
            was = f", formerly {', '.join(known.formerly)}" if known.formerly else ""
            self.stdout.write(f"{known.name}{was}: {known.status} since {known.since}.{note}")
        called = known.names if known else (wanted,)
        texts = [(entry, all_text(entry)) for entry in entries]
        return [entry for entry, text in texts if any(is_named_in(text, name) for name in called)]

    def _print_questions(self, entries: Sequence[QuestionEntry], today: dt.date) -> None:
        for entry in sorted(entries, key=lambda entry: (entry.valid_as_of, entry.id)):
            places = " ".join(f"{code}:{entry.skills.get(code) or task}" for code, task in entry.tasks.items())
            age = (today - entry.valid_as_of).days
            self.stdout.write(f"{entry.valid_as_of} {age:5} days  {entry.id:30} {places}")
        self.stdout.write(f"{len(entries)} questions")

    def _print_months(self, entries: Sequence[QuestionEntry]) -> None:
        months: dict[str, int] = defaultdict(int)
        for entry in entries:
            months[f"{entry.valid_as_of:%Y-%m}"] += 1
        for month, count in sorted(months.items()):
            self.stdout.write(f"checked in {month}: {count} questions")

    def _print_services(self, entries: Sequence[QuestionEntry]) -> None:
        texts = [(entry, all_text(entry)) for entry in entries]
        for service in known_services():
            naming = [entry for entry, text in texts if any(is_named_in(text, name) for name in service.names)]
            oldest = min((entry.valid_as_of for entry in naming), default=None)
            said = f", the oldest checked on {oldest}" if oldest else ""
            self.stdout.write(f"{service.name} ({service.status} since {service.since}): {len(naming)} questions{said}")


def _published() -> list[QuestionEntry]:
    """Return the published questions as files would say them: a draft beside one does not count here."""
    questions = with_content(Question.objects.published().order_by("code"))
    entries = []
    for question in questions:
        entry, revision = entry_of(question), question.published_revision
        if entry and revision:
            entries.append(entry.model_copy(update=dict(revision.content)))
    return entries
