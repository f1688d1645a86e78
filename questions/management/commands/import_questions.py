import textwrap
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.models import User
from questions.exceptions import QuestionRefused
from questions.formats.base import Defaults, Format, ReadQuestion, Unreadable
from questions.formats.child import read_file
from questions.formats.registry import FORMATS, Unsure, format_of
from questions.services import apply_import, plan_import
from questions.services.planning import ImportPlan


def task_of(text: str) -> dict[str, str]:
    """Read “mls-c01:1.2”; whether there is such a task is for the import to say."""
    certification, _, code = text.partition(":")
    if not (certification and code):
        raise CommandError(f"“{text}” names no task; write certification:task, for example mls-c01:1.2.")
    return {certification: code}


def read_questions(file: Path, name: str, defaults: Defaults) -> tuple[Format, list[ReadQuestion]]:
    """Return the format of a file, chosen by its name or from the file itself (“auto”), and the questions it holds."""
    try:
        data = file.read_bytes()
        chosen = format_of(file.name, data) if name == "auto" else FORMATS[name]
        return chosen, read_file(chosen, data, defaults, patience=4)
    except Unsure as error:
        named = " or ".join(f"--format {name}" for name in error.candidates)
        raise CommandError(f"{file}: {error} Say {named}.") from error
    except (OSError, Unreadable) as error:
        raise CommandError(f"{file}: {error}") from error


class Command(BaseCommand):
    help = "Import questions from a file: all of them or, if any is refused, none. Formats: docs/import-export.md."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--format", choices=["auto", *FORMATS], default="auto")
        parser.add_argument("--dry-run", action="store_true", help="say what would be imported, and write nothing")
        parser.add_argument("--skip-refused", action="store_true", help="import the others when some are refused")
        parser.add_argument("--overwrite", action="store_true", help="also over what was edited here")
        parser.add_argument("--publish", action="store_true", help="publish what the file (YAML) says is published")
        parser.add_argument("--task", default="", help="for questions whose file names none, for example mls-c01:1.2")
        parser.add_argument("--by", default="", metavar="EMAIL", help="who imports, for the questions' history")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        by = User.objects.filter(email=options["by"]).first() if options["by"] else None
        if options["by"] and by is None:
            raise CommandError(f"There is no user {options['by']}.")
        now = timezone.now()
        task = task_of(options["task"]) if options["task"] else {}
        chosen, read = read_questions(
            file, options["format"], Defaults(valid_as_of=timezone.localdate(now), tasks=task)
        )
        choices = {name: options[name] for name in ("overwrite", "publish")}
        plan = plan_import(read, **choices)
        self._show(plan, options["verbosity"])
        refused = plan.counts["refused"]
        if not options["dry_run"] and (not refused or options["skip_refused"]):
            try:
                done = apply_import(
                    read,
                    by=by,
                    now=now,
                    source=file.name,
                    expected=plan.fingerprint,
                    skip_refused=options["skip_refused"],
                    **choices,
                )
            except QuestionRefused as error:
                raise CommandError(str(error)) from error
            for row in done.rows:
                for note in set(row.notes) - {note for before in plan.rows for note in before.notes}:
                    self.stdout.write(f"{row.code}: {note}")
        written = "" if options["dry_run"] or (refused and not options["skip_refused"]) else "; written"
        counts = ", ".join(f"{count} {state}" for state, count in plan.counts.items())
        self.stdout.write(f"{len(plan.rows)} questions in {chosen.label}: {counts}{written or '; nothing was written'}")
        if refused:
            raise CommandError("1 question was refused." if refused == 1 else f"{refused} questions were refused.")

    def _show(self, plan: ImportPlan, verbosity: int) -> None:
        """Print the table: every question, what would become of it, and why."""
        for row in plan.rows:
            if row.state == "unchanged" and verbosity < 2:
                continue
            kind = f"{row.entry.kind}, {len(row.entry.options)} options" if row.entry else ""
            changes = f"changes {', '.join(row.changes)}" if row.changes else ""
            facts = "; ".join(filter(None, [kind, changes]))
            label = textwrap.shorten(row.label, 60, placeholder="…")
            self.stdout.write(f"{row.state:<9} {row.place:<10} {row.code:<16} {facts}  {label}".rstrip())
            for problem in row.problems:
                self.stdout.write(f"          ✗ {problem}")
            for note in row.notes:
                self.stdout.write(f"          · {note}")
