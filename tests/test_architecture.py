"""What the contracts of import-linter cannot say: pure modules are pure, and the moment is an argument.

The direction of imports is declared in pyproject.toml, from which the floors are read here: the last line of a contract
is pure (functions of their arguments: no ORM, no clock, no request); up to the services nobody reads a clock.
"""

import ast
import re
import tomllib
from pathlib import Path

import pytest
from django.conf import settings

from questions.kinds import KINDS

APPS = ["accounts", "questions", "exams", "config"]
CLOCKS = {
    *(f"django.utils.timezone.{name}" for name in ("now", "localdate", "localtime")),
    *(f"datetime.datetime.{name}" for name in ("now", "utcnow", "today")),
    "datetime.date.today",
    *(f"time.{name}" for name in ("time", "time_ns", "monotonic", "localtime", "gmtime")),
}
# What a pure module may have of Django: functions of their arguments, and texts and numbers for people, whose language
# alone they take from the request. Codes for every text instead would need a second table, to be kept equal to it.
PURE_DJANGO = tuple(f"django.utils.{name}" for name in ("formats", "html", "safestring", "text", "translation"))
# The process that reads a file is given the folders of the translations, and sets up Django with these alone.
SET_UP = {"questions.formats.child": ["django.apps.apps", "django.conf.settings"]}


def module_of(path: Path) -> str:
    parts = path.relative_to(settings.BASE_DIR).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


PATHS = {
    module_of(path): path
    for app in APPS
    for path in sorted((settings.BASE_DIR / app).rglob("*.py"))
    if "migrations" not in path.parts
}


def floors() -> tuple[set[str], set[str]]:
    """Return the pure modules, and those above them up to the services, as the contracts name them."""
    project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())
    pure, low = {"exams.exceptions"}, set()
    for contract in project["tool"]["importlinter"]["contracts"]:
        lines = [re.findall(r"\w+", line) for line in contract["layers"]]
        services = next((number for number, line in enumerate(lines) if "services" in line), None)
        if services is None:
            continue
        for container in contract["containers"]:
            pure |= {f"{container}.{name}" for name in lines[-1]}
            low |= {f"{container}.{name}" for line in lines[services:-1] for name in line}
    return pure, low


PURE, LOW = floors()


def among(name: str, modules: set[str]) -> bool:
    """Tell whether a module, or the package it is in, is one of these."""
    return any(name == module or name.startswith(f"{module}.") for module in modules)


def names_of(tree: ast.Module, package: str = "") -> dict[str, str]:
    """Return every name that an import binds, wherever it stands, and the dotted name of what it stands for."""
    parts = package.split(".")
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                names[alias.asname or alias.name] = alias.name
        elif isinstance(node, ast.ImportFrom):
            base = parts[: len(parts) - node.level + 1] if node.level else []
            source = ".".join([*base, node.module] if node.module else base)
            for alias in node.names:
                names[alias.asname or alias.name] = f"{source}.{alias.name}"
    return names


def dotted_uses(tree: ast.Module, names: dict[str, str]) -> set[str]:
    """Return the dotted names of all imported things the code uses: `timezone.now` → django.utils.timezone.now."""
    uses = set(names.values())
    for node in ast.walk(tree):
        attributes: list[str] = []
        current: ast.AST = node
        while isinstance(current, ast.Attribute):
            attributes.insert(0, current.attr)
            current = current.value
        if isinstance(current, ast.Name) and attributes:
            uses.add(".".join([names.get(current.id, current.id), *attributes]))
    return uses


def clock_problems(source: str) -> list[str]:
    tree = ast.parse(source)
    return sorted(CLOCKS & dotted_uses(tree, names_of(tree)))


def purity_problems(source: str) -> list[str]:
    tree = ast.parse(source)
    names = names_of(tree)
    problems = [
        dotted for dotted in names.values() if dotted.startswith("django.") and not dotted.startswith(PURE_DJANGO)
    ]
    problems += [
        f"{node.name}({argument.arg})"
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for argument in [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        if argument.arg == "request"
    ]
    return problems + clock_problems(source)


# --- The project ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in PATHS if among(name, PURE)])
def test_pure_module_has_no_database_no_clock_and_no_request(name):
    assert purity_problems(PATHS[name].read_text()) == SET_UP.get(name, [])


@pytest.mark.parametrize("name", [name for name in PATHS if among(name, LOW)])
def test_module_below_the_views_takes_the_moment_as_an_argument(name):
    # A default such as joined_at's names the function for Django to call; that is where a model may have it.
    allowed = {"django.utils.timezone.now"} if ".models" in name else set()

    assert set(clock_problems(PATHS[name].read_text())) - allowed == set()


def test_floors_are_read_from_the_contracts():
    assert {"exams.blueprints.assembly", "exams.attempts.timing", "questions.content", "accounts.totp"} <= PURE
    assert {"exams.attempts.services", "exams.scoring.models", "questions.queries", "accounts.audit"} <= LOW
    assert among("questions.formats.qti.reading", PURE)


def test_picture_of_the_subjects_is_the_contract():
    project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())
    contracts = {contract["name"]: contract for contract in project["tool"]["importlinter"]["contracts"]}
    apps, subjects = contracts["Apps"]["layers"], contracts["Exams: subject first"]["layers"][1:]
    text = (settings.BASE_DIR / "docs" / "architecture.md").read_text()
    pictures = [line.replace(",", " :").split(" ← ") for line in text.split("```")[1].splitlines() if line]

    assert pictures == [apps[::-1], subjects[::-1]]


# --- The rules above can be broken -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "source",
    [
        "from django.db import models",
        "import django.db.models",
        "from django.conf import settings",
        "from django.http import HttpRequest",
        "def f(request): ...",
        "async def f(*, request=None): ...",
        "from django.utils import timezone",
        "import datetime\nx = datetime.datetime.now()",
        "import datetime as dt\nx = dt.date.today()",
        "from datetime import datetime\nx = datetime.now()",
        "from datetime import datetime as moment\nf = moment.utcnow",
        "import time\nx = time.time()",
        "from time import monotonic",
    ],
)
def test_impure_module_is_found(source):
    assert purity_problems(source) != []


@pytest.mark.parametrize(
    "source",
    [
        "import datetime as dt\nx = dt.datetime(2026, 11, 21) + dt.timedelta(days=1)",
        "from django.utils.safestring import mark_safe",
        "def f(now, requested): return now",
        "import time\nx = time.struct_time",
    ],
)
def test_pure_module_is_left_alone(source):
    assert purity_problems(source) == []


def test_clock_is_found_however_it_is_imported():
    sources = [
        "from django.utils import timezone\nx = timezone.now()",
        "from django.utils.timezone import now",
        "import django.utils.timezone\nx = django.utils.timezone.now()",
        "from django.utils import timezone as tz\nx = tz.localdate()",
    ]

    assert [len(clock_problems(source)) for source in sources] == [1, 1, 1, 1]


# --- A room per kind of question -------------------------------------------------------------------------------------

KIND_ASKED = re.compile(
    rf"kind (?:==|in|!=)|CHOICE_KINDS|\bkind not in *[({{\[]*[\"'](?:{'|'.join(KINDS)})[\"']|\bRevision\.Kind\b"
)
FOLDERS = (*APPS, "templates", "tests", "benchmarks", ".ci")


def test_no_file_outside_its_room_asks_which_kind_a_question_is():
    files = [
        path
        for folder in FOLDERS
        for path in (settings.BASE_DIR / folder).rglob("*")
        if path.suffix in {".py", ".html", ".jinja"}
        and path != Path(__file__)
        and not path.is_relative_to(settings.BASE_DIR / "questions" / "kinds")
        and "migrations" not in path.parts
    ]

    asking = [str(path.relative_to(settings.BASE_DIR)) for path in files if KIND_ASKED.search(path.read_text())]

    assert asking == []


@pytest.mark.parametrize(
    "source",
    [
        'if kind {} "single":'.format("=="),
        "{{% if item.kind {} 'matching' %}}".format("=="),
        'if entry.kind not in {"single", "multiple"}:',
        "if kind {} KINDS:".format("in"),
        "revision.kind {} other.kind".format("!="),
        "name = Revision.Kind.ORDERING",
    ],
)
def test_question_about_a_kind_is_found(source):
    assert KIND_ASKED.search(source)
