"""Files that wait between being looked at and being imported. The browser holds nothing but their number."""

import datetime as dt

from django.db import transaction

from accounts import audit
from accounts.models import User
from questions.formats.base import Defaults, Format, ReadQuestion
from questions.formats.child import read_file
from questions.formats.registry import FORMATS
from questions.formats.texts import check_size
from questions.models import ImportDraft
from questions.services.importing import apply_import
from questions.services.planning import ImportPlan

KEPT_FOR = dt.timedelta(days=1)


def keep_import(
    *, by: User, name: str, format_: Format, data: bytes, defaults: dict[str, object], now: dt.datetime
) -> ImportDraft:
    """Keep a file that can be read. Raises `Unreadable`; forgets all files older than a day."""
    check_size(data)
    draft = ImportDraft(by=by, name=name[-200:], format=format_.name, data=data, defaults=defaults, created_at=now)
    read_draft(draft)
    forget_old_imports(now=now)
    draft.save()
    return draft


def forget_old_imports(*, now: dt.datetime) -> None:
    ImportDraft.objects.filter(created_at__lt=now - KEPT_FOR).delete()


def read_draft(draft: ImportDraft) -> list[ReadQuestion]:
    """Return the questions of a kept file, the same each time."""
    defaults = Defaults(
        valid_as_of=draft.created_at.date(),
        tasks=draft.defaults.get("tasks", {}),
        tags=tuple(draft.defaults.get("tags", [])),
    )
    return read_file(FORMATS[draft.format], bytes(draft.data), defaults)


@transaction.atomic
def apply_draft(
    *,
    draft: ImportDraft,
    by: User,
    now: dt.datetime,
    expected: str,
    overwrite: bool,
    publish: bool,
) -> ImportPlan:
    """Import a kept file without what it refuses, and forget it.

    Raises `QuestionRefused` as `apply_import` does; then the file stays.
    """
    plan = apply_import(
        read_draft(draft),
        by=by,
        now=now,
        source=draft.name,
        expected=expected,
        skip_refused=True,  # `expected` is of a plan that names them
        overwrite=overwrite,
        publish=publish,
    )
    audit.record(
        "import.applied", by=by, target=draft, after={"overwrite": overwrite, "publish": publish, **plan.counts}
    )
    draft.delete()
    return plan
