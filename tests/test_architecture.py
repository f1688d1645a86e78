"""The direction of imports, as docs/architecture.md draws it. Read from the source: importing would run it.

Apps: accounts ← questions ← exams ← config. Inside an app and between apps, a module imports modules of its own floor
and of the floors below. A module whose name is on no floor is held to be pure: it gets functions' arguments, no ORM,
no clock, no request.
"""

import ast
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings

from questions.kinds import KINDS

APPS = ["accounts", "questions", "exams", "config"]
PURE = 0
FLOORS = {
    "models": 1,
    "queries": 2,
    "links": 2,
    "cohort_access": 2,
    "workers": 2,
    "services": 3,
    "granting": 3,
    "roles": 3,  # writes, as services do
    "audit": 3,
    "outbox": 3,
    "claiming": 3,
    "expiring": 3,
    "tasks": 4,
    "mail": 4,
    "adapters": 4,
    "backends": 4,
    "sessions": 4,
    "counters": 4,
    "limits": 4,
    "hashing": 4,
    "devices": 4,
    "guessing": 4,
    "reauthentication": 4,
    "signals": 4,
    "access": 4,  # loaders: they close what is overdue
    "forms": 4,
    "moments": 4,
    "versions": 4,
    "views": 4,
    "admin": 4,
    "middleware": 4,
    "templatetags": 4,
    "apps": 5,
    "urls": 5,
    "management": 5,
}
# Below the views the moment is an argument, `now`.
LAST_FLOOR_WITHOUT_CLOCK = FLOORS["roles"]
CLOCKS = {
    *(f"django.utils.timezone.{name}" for name in ("now", "localdate", "localtime")),
    *(f"datetime.datetime.{name}" for name in ("now", "utcnow", "today")),
    "datetime.date.today",
    *(f"time.{name}" for name in ("time", "time_ns", "monotonic", "localtime", "gmtime")),
}
# What a pure module may have of Django: functions of their arguments.
PURE_DJANGO = ("django.utils.html", "django.utils.safestring", "django.utils.text")


@dataclass(frozen=True)
class Module:
    """A module of the project: exams.queries, or exams.queries.reports once it is a package."""

    name: str

    @property
    def app(self) -> str:
        return self.name.partition(".")[0]

    @property
    def floor(self) -> int:
        _, _, inner = self.name.partition(".")
        return FLOORS.get(inner.partition(".")[0], PURE) if inner else FLOORS["apps"]


def module_of(path: Path) -> Module:
    parts = path.relative_to(settings.BASE_DIR).with_suffix("").parts
    return Module(".".join(parts[:-1] if parts[-1] == "__init__" else parts))


PATHS = {
    module_of(path).name: path
    for app in APPS
    for path in sorted((settings.BASE_DIR / app).rglob("*.py"))
    if "migrations" not in path.parts
}
INNER = [name for name in PATHS if Module(name).app != "config"]


def names_of(tree: ast.Module, module: Module, *, is_package: bool = False) -> dict[str, str]:
    """Return every name that an import binds, wherever it stands, and the dotted name of what it stands for."""
    package = module.name.split(".") if is_package else module.name.split(".")[:-1]
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                names[alias.asname or alias.name] = alias.name
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            source = ".".join([*base, node.module] if node.module else base)
            for alias in node.names:
                names[alias.asname or alias.name] = f"{source}.{alias.name}"
    return names


def project_module(dotted: str, known: frozenset[str]) -> Module | None:
    """Return the module of the project that a dotted name is in: the longest beginning that is one."""
    parts = dotted.split(".")
    for length in range(len(parts), 0, -1):
        name = ".".join(parts[:length])
        if name in known:
            return Module(name)
    return None


def import_problems(source: str, module: Module, known: frozenset[str], *, is_package: bool = False) -> list[str]:
    problems = []
    tree = ast.parse(source)
    for dotted in names_of(tree, module, is_package=is_package).values():
        if dotted.partition(".")[0] == "tests":
            problems.append(f"{dotted}: tests are imported by nothing")
        target = project_module(dotted, known)
        if target is None or target == module or module.app == "config":
            continue
        if APPS.index(target.app) > APPS.index(module.app):
            problems.append(f"{dotted}: {module.app} stands below {target.app}")
        elif target.floor > module.floor:
            problems.append(f"{dotted}: floor {module.floor} imports floor {target.floor}")
    # Models name each other in strings: "exams.Attempt" from questions is an import all the same.
    above = APPS[APPS.index(module.app) + 1 :]
    problems += [
        f"{node.value!r} names what stands above"
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value.partition(".")[0] in above
        and node.value.replace(".", "").replace("_", "").isalnum()
        and "." in node.value
    ]
    return problems


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


def clock_problems(source: str, module: Module) -> list[str]:
    tree = ast.parse(source)
    return sorted(CLOCKS & dotted_uses(tree, names_of(tree, module)))


def purity_problems(source: str, module: Module) -> list[str]:
    tree = ast.parse(source)
    names = names_of(tree, module)
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
    return problems + clock_problems(source, module)


# --- The project ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PATHS)
def test_module_imports_only_what_stands_below_it(name):
    path = PATHS[name]

    problems = import_problems(path.read_text(), Module(name), frozenset(PATHS), is_package=path.name == "__init__.py")

    assert problems == []


@pytest.mark.parametrize("name", [name for name in INNER if Module(name).floor == PURE])
def test_pure_module_has_no_database_no_clock_and_no_request(name):
    assert purity_problems(PATHS[name].read_text(), Module(name)) == []


@pytest.mark.parametrize("name", [name for name in INNER if PURE < Module(name).floor <= LAST_FLOOR_WITHOUT_CLOCK])
def test_module_below_the_views_takes_the_moment_as_an_argument(name):
    # A default such as joined_at's names the function for Django to call; that is where a model may have it.
    allowed = {"django.utils.timezone.now"} if Module(name).floor == FLOORS["models"] else set()

    assert set(clock_problems(PATHS[name].read_text(), Module(name))) - allowed == set()


def test_rooms_of_the_design_are_where_it_says():
    pure = {name for name in INNER if Module(name).floor == PURE}

    assert {"exams.assembly", "exams.scoring", "exams.timing", "exams.exceptions"} <= pure
    assert {"questions.content", "questions.bankfiles", "questions.rendering", "questions.exceptions"} <= pure
    assert {"accounts.models", "questions.services", "exams.access", "exams.tasks"} <= set(PATHS) - pure


# --- The rules above can be broken -------------------------------------------------------------------------------

KNOWN = frozenset(
    {
        *APPS,
        *("accounts.models", "accounts.roles", "questions.content", "questions.models", "questions.queries"),
        *("questions.services", "questions.views", "exams.models", "exams.scoring", "exams.views", "exams.tasks"),
        *("exams.services", "exams.forms"),
        *("exams.queries", "exams.queries.reports", "config.urls"),
    }
)


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("accounts.models", "from questions.models import Question"),
        ("accounts.models", "import exams.models"),
        ("accounts.models", "def f():\n    from exams import models"),
        ("accounts.views", "if TYPE_CHECKING:\n    from questions.models import Question"),
        ("accounts.apps", "from config import urls"),
        ("questions.models", "from exams.scoring import points"),
        ("questions.admin", "import exams.queries.reports as reports"),
        ("questions.models", "ForeignKey('exams.Attempt')"),
        ("exams.views", "from config import celery_app"),
        ("exams.models", "from exams.queries import history"),
        ("exams.models", "from .queries import history"),
        ("exams.queries.reports", "from ..tasks import sweep"),
        ("exams.scoring", "from exams.models import Attempt"),
        ("exams.scoring", "from . import models"),
        ("exams.scoring", "from questions.models import Question"),
        ("exams.queries", "from questions.services import publish"),
        ("exams.cohort_access", "from questions import services"),
        ("questions.services", "from questions.views import page"),
        ("exams.services", "from exams.tasks import score_attempt"),
        ("exams.services", "from tests.factories import UserFactory"),
        ("config.urls", "import tests"),
    ],
)
def test_import_against_the_direction_is_found(name, source):
    assert len(import_problems(source, Module(name), KNOWN)) == 1


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("exams.models", "from questions.models import Question\nfrom django.db import models"),
        ("exams.services", "from exams import scoring\nfrom questions.queries import drawable_from"),
        ("exams.views", "from exams.services import start_attempt\nfrom exams.forms import read_answer"),
        ("exams.queries.reports", "from . import helpers\nfrom ..models import Attempt"),
        ("exams.tasks", "name = 'exams.sweep'"),
        ("config.urls", "from exams.views import home\nimport questions.admin"),
        ("questions.models", "text = 'exams. Or not.'"),
    ],
)
def test_import_along_the_direction_is_fine(name, source):
    assert import_problems(source, Module(name), KNOWN) == []


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
    assert purity_problems(source, Module("exams.scoring")) != []


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
    assert purity_problems(source, Module("exams.scoring")) == []


def test_clock_is_found_however_it_is_imported():
    sources = [
        "from django.utils import timezone\nx = timezone.now()",
        "from django.utils.timezone import now",
        "import django.utils.timezone\nx = django.utils.timezone.now()",
        "from django.utils import timezone as tz\nx = tz.localdate()",
    ]

    assert [len(clock_problems(source, Module("exams.services"))) for source in sources] == [1, 1, 1, 1]


# --- A room per kind of question -------------------------------------------------------------------------------------

KIND_ASKED = re.compile(
    rf"CHOICE_KINDS|\bkind (?:==|!=|in|not in) *[({{\[]*[\"'](?:{'|'.join(KINDS)})[\"']|\bRevision\.Kind\b"
)
# What still maps the first four kinds by name; typed answers map themselves (`questions/formats/typed.py`).
STILL_ASKING = {
    f"questions/formats/{name}.py"
    for name in (
        *("aiken", "gift", "moodle_writing", "moodle_xml", "plain", "tables"),
        *("qti/item", "qti/reading", "qti/writing"),
    )
}


def test_no_file_outside_its_room_asks_which_kind_a_question_is():
    files = [
        path
        for folder in (*APPS, "templates")
        for path in (settings.BASE_DIR / folder).rglob("*")
        if path.suffix in {".py", ".html", ".jinja"}
        and not {"migrations", "kinds"} & set(path.relative_to(settings.BASE_DIR).parts[:-1])
    ]

    asking = {str(path.relative_to(settings.BASE_DIR)) for path in files if KIND_ASKED.search(path.read_text())}

    assert asking == STILL_ASKING


@pytest.mark.parametrize(
    "source",
    [
        'if kind == "single":',
        "{% if item.kind == 'matching' %}",
        'if entry.kind not in {"single", "multiple"}:',
        "if kind in CHOICE_KINDS:",
        "revision.kind != Revision.Kind.ORDERING",
    ],
)
def test_question_about_a_kind_is_found(source):
    assert KIND_ASKED.search(source)
