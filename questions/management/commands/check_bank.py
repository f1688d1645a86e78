from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from questions.bankfiles import Bank, CertificationEntry, QuestionEntry, find_files, read_bank
from questions.content import LETTERS, longest_option_is_key
from questions.guesser import ENOUGH, MARGIN, Guesses, can_guess, guess
from questions.kinds import KINDS, kind_of
from questions.service_names import unnoted
from questions.surface import cues, keys_of

FEW = 3  # questions of a skill
SHOWN = 15  # questions that give themselves away; all of them with --verbosity 2


class Command(BaseCommand):
    help = "Check question files without a database: problems by file and line, then what the bank covers."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="*", type=Path, default=[Path("fixtures")])
        parser.add_argument("--no-guesser", action="store_true", help="do not measure how guessable the keys are")

    def handle(self, *args: Any, paths: list[Path], **options: Any) -> None:
        bank = read_bank(find_files(paths))
        for problem in bank.problems:
            self.stderr.write(str(problem))
        if bank.problems:
            raise CommandError(f"{len(bank.problems)} problems in {len(bank.questions)} questions.")
        self._print_coverage(bank)
        self._print_outdated(bank.questions)
        self._print_cues(bank.questions, SHOWN if options["verbosity"] < 2 else len(bank.questions))
        if options["no_guesser"]:
            self.stdout.write("guesser: not run, as asked")
        elif not can_guess():
            self.stdout.write("guesser: not run, because scikit-learn is not installed (it is for development)")
        elif failed := self._print_guesses(bank):
            raise CommandError(
                f"The guesser finds more than chance and {MARGIN:.0%} in {', '.join(failed)}: its keys can be told by "
                "their surface. Rewrite the options of the questions that it finds (--verbosity 2 lists them)."
            )
        self.stdout.write(f"{len(bank.questions)} questions, no problem")

    # --- Coverage ---------------------------------------------------------------------------------------------------

    def _print_coverage(self, bank: Bank) -> None:
        for certification in bank.certifications:
            self._print_certification(certification, bank.questions)
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

    def _print_certification(self, certification: CertificationEntry, questions: Sequence[QuestionEntry]) -> None:
        code = certification.code
        counts: Counter[tuple[str, str, str]] = Counter()
        for question in questions:
            task, skill = question.tasks.get(code), question.skills.get(code, "")
            if task:
                counts[task, "", question.kind] += 1
                counts[task, skill or "-", question.kind] += 1
        self.stdout.write(f"{code}: {certification.name}")
        self._print_row("task", [*KINDS, "all"])
        few = []
        for task_entry in certification.tasks:
            self._print_counts(f"{task_entry.code} {task_entry.name}", counts, task_entry.code, "")
            for skill_entry in task_entry.skills:
                name = f"  {skill_entry.code} {skill_entry.name}"
                if self._print_counts(name, counts, task_entry.code, skill_entry.code) < FEW:
                    few.append(skill_entry.code)
            if task_entry.skills and any(counts[task_entry.code, "-", name] for name in KINDS):
                self._print_counts("  no skill named", counts, task_entry.code, "-")
        if certification.skills:
            listed = f": {', '.join(few)}" if few else ""
            self.stdout.write(
                f"  {len(few)} of {len(certification.skills)} skills have fewer than {FEW} questions{listed}"
            )

    def _print_counts(self, label: str, counts: Counter[tuple[str, str, str]], task: str, skill: str) -> int:
        of_kinds = [counts[task, skill, name] for name in KINDS]
        self._print_row(label, [*of_kinds, sum(of_kinds)])
        return sum(of_kinds)

    def _print_row(self, name: str, cells: Sequence[object]) -> None:
        self.stdout.write(f"  {name[:60]:60}" + "".join(f" {cell!s:>8}" for cell in cells))

    def _print_outdated(self, questions: Sequence[QuestionEntry]) -> None:
        named = {question.id: unnoted(question) for question in questions}
        found = {code: services for code, services in named.items() if services}
        self.stdout.write(f"{len(found)} questions name a renamed or closed service and have no service note")
        for code, services in found.items():
            self.stdout.write(f"  {code}: {', '.join(f'{name} ({service.name})' for name, service in services)}")

    # --- What the surface tells --------------------------------------------------------------------------------

    def _print_cues(self, questions: Sequence[QuestionEntry], most: int) -> None:
        found = [(question.id, cue) for question in questions if (cue := "; ".join(cues(question)))]
        marked = sum(bool(keys_of(question)) for question in questions)
        self.stdout.write(f"{len(found)} of {marked} questions with marked options give their key away by a cue")
        for code, cue in sorted(found, key=lambda row: -row[1].count(";"))[:most]:
            self.stdout.write(f"  {code}: {cue}")
        if len(found) > most:
            self.stdout.write(f"  and {len(found) - most} more; --verbosity 2 lists all")

    def _print_guesses(self, bank: Bank) -> list[str]:
        """Print how often the guesser finds the key, and return the folders of files in which it finds too many."""
        self.stdout.write(f"guesser by surface, cross-validated (a group of fewer than {ENOUGH} says little):")
        everything = guess(bank.questions)
        self._print_guess("whole bank", bank.questions, everything)
        guessed: dict[tuple[str, ...], Guesses] = {}
        for certification in bank.certifications:
            of_it = [question for question in bank.questions if certification.code in question.tasks]
            guessed[tuple(question.id for question in of_it)] = guesses = guess(of_it)
            self._print_guess(certification.code, of_it, guesses)
        failed = []
        for folder, questions in self._folders(bank):
            guesses = guessed.get(tuple(question.id for question in questions)) or guess(questions)
            if self._print_guess(f"folder {folder}", questions, guesses):
                failed.append(folder)
                sure = [(guesses.sure(place), question.id) for place, question in enumerate(questions)]
                found = sorted((code for share, code in sure if share == 1), key=str)
                self.stdout.write(f"    found each time: {', '.join(found)}")
        return failed

    def _folders(self, bank: Bank) -> Iterator[tuple[str, list[QuestionEntry]]]:
        folders: dict[str, list[QuestionEntry]] = {}
        for question in bank.questions:
            folders.setdefault(bank.places[question.id][0].parent.name, []).append(question)
        yield from sorted(folders.items())

    def _print_guess(self, name: str, questions: Sequence[QuestionEntry], guesses: Guesses) -> bool:
        """Print one line for questions with one key and one for those with several; say whether either fails."""
        is_too_good = False
        numbers = [len(keys_of(question)) for question in questions]
        for label, wanted in (("one key", range(1, 2)), ("several", range(2, max(numbers, default=0) + 1))):
            places = [place for place, number in enumerate(numbers) if number in wanted]
            guessed = guesses.of(places)
            if not guessed.found:
                continue
            rates = ", ".join(f"{model} {rate:.0%}" for model, rate in guessed.found.items())
            verdict = " TOO MANY" if guessed.is_too_good else ""
            self.stdout.write(
                f"  {name}, {label}: {rates} of {guessed.questions}; chance {guessed.chance:.0%}{verdict}"
            )
            is_too_good |= guessed.is_too_good
        return is_too_good
