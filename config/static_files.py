from collections.abc import Iterator
from typing import Any

from whitenoise.storage import CompressedManifestStaticFilesStorage

# Extensions of htmx that no page uses. One imports a file that is not there, which would end collectstatic.
UNUSED = "django_htmx/ext/"


class StaticFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # untyped
    """Compressed files under names that change with their content, also where one script imports another."""

    support_js_module_import_aggregation = True

    def post_process(self, paths: dict[str, Any], *args: Any, **options: Any) -> Iterator[Any]:
        used = {name: found for name, found in paths.items() if not name.startswith(UNUSED)}
        yield from super().post_process(used, *args, **options)
