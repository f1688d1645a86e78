"""Reading a file in a process of its own, which has so much time and memory and no more.

The parsers are linear and the parts of a question have limits; what neither foresees ends here, with a refusal instead
of a worker that answers nobody. A new process and not a fork: a server's threads hold locks that no fork would release.
"""

import dataclasses
import datetime as dt
import json
import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from questions.bankfiles import QuestionEntry
from questions.content import Problem
from questions.formats.base import Defaults, Format, Loss, ReadQuestion, Unreadable
from questions.formats.packages import is_archive

# Enough for 10 MB, the largest upload, in every format but QTI, whose packages of 2,500 questions take as long.
CPU_SECONDS = 10
WALL_SECONDS = 60
MEMORY = 256 * 1024 * 1024  # beyond what the program itself takes
# Read where it came in: to start a process takes longer than any file of this size, which the tests see to. An archive
# is as large as it unpacks.
SMALL = 16_000
# So many of a web process read at once; who comes then waits a little.
AT_ONCE = 2
_places = threading.BoundedSemaphore(AT_ONCE)
_KEPT = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "SYSTEMROOT")  # of the environment: no secret goes along
_TOO_LONG = _("The file takes too long to read. Split it; if it is small, it is not an ordinary file of questions.")
_TOO_LARGE = _("The file takes too much memory. Split it; if it is small, it is not an ordinary file of questions.")


def read_file(format_: Format, data: bytes, defaults: Defaults, *, patience: int = 1) -> list[ReadQuestion]:
    """Return the questions of a file, as the format's own `read` does. Raises `Unreadable`, after ten seconds too.

    With `patience`, so many times the time and the memory: for who has the machine to themselves.
    """
    if len(data) <= SMALL and not is_archive(data):
        return format_.read(data, defaults)
    if not _places.acquire(timeout=WALL_SECONDS):
        raise Unreadable(gettext("Other files are being read; try again in a minute."))
    try:
        answer = _ask(format_, data, defaults, patience)
    finally:
        _places.release()
    if "refusal" in answer:
        raise Unreadable(answer["refusal"])
    return [_decoded(question) for question in answer["questions"]]


def _ask(format_: Format, data: bytes, defaults: Defaults, patience: int) -> dict[str, Any]:
    asked = {
        "format": format_.name,
        "cpu": CPU_SECONDS * patience,
        "memory": MEMORY * patience,
        "language": translation.get_language(),
        "locale_paths": [str(path) for path in settings.LOCALE_PATHS],
        **dataclasses.asdict(defaults),
        "valid_as_of": defaults.valid_as_of.isoformat(),
    }
    try:
        done = subprocess.run(
            [sys.executable, "-m", "questions.formats.child"],
            input=json.dumps(asked).encode() + b"\n" + data,
            capture_output=True,
            timeout=WALL_SECONDS * patience,
            cwd=Path(__file__).parents[2],
            env={name: os.environ[name] for name in _KEPT if name in os.environ},
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Unreadable(str(_TOO_LONG)) from error
    if done.returncode in {-signal.SIGXCPU, -signal.SIGKILL}:
        raise Unreadable(str(_TOO_LONG))
    if done.returncode:
        # Short of memory, Python itself and the libraries beneath it fail in many ways.
        raise Unreadable(str(_TOO_LARGE))
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _encoded(question: ReadQuestion) -> dict[str, Any]:
    entry = question.entry.model_dump(mode="json", exclude_defaults=True) if question.entry else None
    return {
        "place": question.place,
        "label": question.label,
        "entry": entry,
        "problems": [(problem.field, problem.message) for problem in question.problems],
        "notes": [(note, isinstance(note, Loss)) for note in question.notes],
        "assumed": sorted(question.assumed),
        "id_is_ours": question.id_is_ours,
    }


def _decoded(said: dict[str, Any]) -> ReadQuestion:
    return ReadQuestion(
        place=said["place"],
        label=said["label"],
        entry=QuestionEntry.model_validate(said["entry"]) if said["entry"] else None,
        problems=tuple(Problem(*problem) for problem in said["problems"]),
        notes=tuple(Loss(note) if is_loss else note for note, is_loss in said["notes"]),
        assumed=frozenset(said["assumed"]),
        id_is_ours=said["id_is_ours"],
    )


def use_language(language: str | None, locale_paths: Sequence[str]) -> None:
    """Let this process say what is wrong as the one that asks would: translations, and no other setting of the site."""
    settings.configure(LOCALE_PATHS=locale_paths)
    apps.populate(())
    translation.activate(language) if language else translation.deactivate_all()


def _limit(cpu: int, memory: int) -> None:
    try:
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    except OSError:  # not Linux
        used = 512 * 1024 * 1024
    for kind, limit in ((resource.RLIMIT_CPU, cpu), (resource.RLIMIT_AS, used + memory)):
        _, most = resource.getrlimit(kind)
        wanted = limit if most == resource.RLIM_INFINITY else min(limit, most)
        resource.setrlimit(kind, (wanted, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _read(asked: dict[str, Any], data: bytes) -> list[ReadQuestion]:
    from questions.formats.registry import FORMATS

    defaults = Defaults(
        valid_as_of=dt.date.fromisoformat(asked["valid_as_of"]),
        tasks=asked["tasks"],
        difficulty=asked["difficulty"],
        tags=tuple(asked["tags"]),
    )
    return FORMATS[asked["format"]].read(data, defaults)


def main() -> None:
    import questions.formats.registry  # noqa: F401  (what it takes is not the file's)

    asked = json.loads(sys.stdin.buffer.readline())
    use_language(asked["language"], asked["locale_paths"])
    _limit(asked["cpu"], asked["memory"])
    try:
        read: Sequence[ReadQuestion] = _read(asked, sys.stdin.buffer.read())
        answer: dict[str, Any] = {"questions": [_encoded(question) for question in read]}
        del read
        written = json.dumps(answer).encode()
    except Unreadable as error:
        written = json.dumps({"refusal": str(error)}).encode()
    except MemoryError:
        written = json.dumps({"refusal": str(_TOO_LARGE)}).encode()
    sys.stdout.buffer.write(written)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
