"""No private API of Django or of another library: what has no documentation changes with any version.

Private is a name with a leading underscore that is not one's own, and what Django says it may change at any time: how
a query becomes SQL. What Django documents in spite of its underscore is fine, and so is overriding one's own class.
"""

import ast

import pytest

from tests.test_architecture import PATHS, names_of

MODULES = ("django.db.models.sql", "django.db.backends")
# Documented: the options of a model, its state and managers, and a manager's database; a named tuple's methods.
DOCUMENTED = {"_replace", "_asdict", "_meta", "_state", "_default_manager", "_base_manager", "_db"}
# Private ones that a subclass can reach through `self`, or that carry no underscore.
PRIVATE = {
    *("_prefetched_objects_cache", "_result_cache", "_fetch_all", "_raw_delete", "_session_key", "_prepare_cursor"),
    *("_cursor", "_execute", "_wrapped", "_constructor_args", "_closable_objects", "_errors", "_post_clean"),
    *("sql_with_params", "get_compiler", "as_sql", "add_update_values", "resolve_expression", "get_db_converters"),
}
ALLOWED = {
    # Django's own union() refuses sliced parts on SQLite, and drawing from 16 windows would be 16 queries.
    ("questions.queries", "sql_with_params"),
}
OWN = {"self", "cls"}


def private_uses(source: str, name: str, *, is_package: bool = False) -> list[str]:
    tree = ast.parse(source)
    imported = names_of(tree, name if is_package else name.rpartition(".")[0])
    ours = {bound for bound, dotted in imported.items() if dotted.partition(".")[0] == name.partition(".")[0]}
    # What a class of this module defines is its own, also when another function of the module uses it.
    defined = {
        node.name if isinstance(node, ast.FunctionDef) else node.id if isinstance(node, ast.Name) else node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        or (isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store))
    }
    problems = [dotted for dotted in imported.values() if dotted.startswith(MODULES)]
    problems += [
        dotted
        for dotted in imported.values()
        if dotted.rpartition(".")[2].startswith("_") and dotted.partition(".")[0] not in {*ours, name.partition(".")[0]}
    ]
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute) or node.attr in DOCUMENTED or node.attr.startswith("__"):
            continue
        owner = node.value.id if isinstance(node.value, ast.Name) else ""
        is_foreign = node.attr.startswith("_") and owner not in OWN | ours and node.attr not in defined
        is_super = isinstance(node.value, ast.Call) and getattr(node.value.func, "id", "") == "super"
        if node.attr in PRIVATE or (is_foreign and not is_super):
            problems.append(node.attr)
    return [problem for problem in problems if (name, problem) not in ALLOWED]


@pytest.mark.parametrize("name", PATHS)
def test_module_uses_no_private_api(name):
    path = PATHS[name]

    assert private_uses(path.read_text(), name, is_package=path.name == "__init__.py") == []


@pytest.mark.parametrize(("name", "use"), sorted(ALLOWED))
def test_exception_is_still_needed(name, use):
    assert f".{use}(" in PATHS[name].read_text()


@pytest.mark.parametrize(
    "source",
    [
        "from django.db.models.sql import UpdateQuery",
        "from django.db.models import sql\nquery = sql.UpdateQuery",
        "import django.db.models.sql.compiler",
        "from django.db.backends.utils import CursorWrapper",
        "from django.forms.models import _get_foreign_key",
        "rows._result_cache = []",
        "rows._prefetched_objects_cache",
        "connection._prepare_cursor(cursor)",
        "class Store(SessionStore):\n    def load(self):\n        self._session_key = None",
        "request._messages",
        "sql, params = rows.query.sql_with_params()",
        "compiler = rows.query.get_compiler(connection=connection)",
        "class Slot(Expression):\n    def f(self):\n        return other.as_sql()",
    ],
)
def test_private_api_is_found(source):
    assert private_uses(source, "exams.attempts.services.saving") != []


@pytest.mark.parametrize(
    "source",
    [
        "names = [field.name for field in Attempt._meta.concrete_fields]",
        "if obj._state.adding: pass",
        "model._base_manager.filter(pk=1)",
        "class Page:\n    def f(self):\n        return self._own()",
        "class Page:\n    def _own(self): ...\ndef f(page):\n    return page._own()",
        "from exams import queries\nqueries._rows()",
        "value.__class__",
        "User.objects.raw(sql)",
    ],
)
def test_public_api_is_left_alone(source):
    assert private_uses(source, "exams.attempts.services.saving") == []
