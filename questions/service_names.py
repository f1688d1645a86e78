"""Which services have another name today, or take no new customers: what `fixtures/services.yaml` says."""

import re
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

from django.utils.translation import gettext as _
from pydantic import StringConstraints

from questions.parts import AnyText, Content, Text, Written
from questions.yamlfiles import read_yaml

TABLE = Path(__file__).resolve().parent.parent / "fixtures" / "services.yaml"
Since = Annotated[str, StringConstraints(pattern=r"^\d{4}(-\d{2}){0,2}$")]


class ServiceEntry(Content):
    """A service under its name of today. `closed` takes no new customers, `ended` is gone; `since` dates the status,
    and of an active service its name."""

    name: Text
    formerly: tuple[Text, ...] = ()
    status: Literal["active", "closed", "ended"] = "active"
    since: Since
    note: AnyText = ""

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name, *self.formerly)

    @property
    def outdated_names(self) -> tuple[str, ...]:
        """Return the names that a question uses only with a service note."""
        return self.formerly if self.status == "active" else self.names

    def hint(self, name: str) -> str:
        parts = {"name": name, "today": self.name, "since": self.since}
        if self.status == "ended":
            return _("“%(name)s” ended (%(since)s); ask about today's way, or say so in the service note.") % parts
        if self.status == "closed":
            message = _(
                "“%(name)s” takes no new customers (since %(since)s); ask about today's way, or say so in the service "
                "note."
            )
            return message % parts
        return _("“%(name)s” is called %(today)s (since %(since)s); use that name, or add a service note.") % parts


@lru_cache(maxsize=1)
def known_services() -> tuple[ServiceEntry, ...]:
    """Return the table; empty where the bank's own files are not installed."""
    if not TABLE.exists():
        return ()
    document, _node = read_yaml(TABLE.read_text(encoding="utf-8"))
    return tuple(ServiceEntry.model_validate(service) for service in document["services"])


def service_called(name: str) -> ServiceEntry | None:
    """Return the service that has or had this name, with or without “Amazon” or “AWS” before it."""
    return next(
        (service for service in known_services() if _short(name) in {_short(known) for known in service.names}), None
    )


def _short(name: str) -> str:
    return re.sub(r"^(?:amazon|aws)\s+", "", " ".join(name.split()).casefold())


@lru_cache(maxsize=200)
def _pattern(name: str) -> re.Pattern[str]:
    """Match a name as texts write it, the words apart by any blank.

    “Amazon” may be missing, but not from a single word: “forecast” is no service.
    """
    short = _short(name).split()
    written = r"\s+".join(re.escape(word) for word in (short if len(short) > 1 else name.split()))
    return re.compile(rf"(?<![\w-]){written}(?![\w-])", re.IGNORECASE)


def is_named_in(text: str, name: str) -> bool:
    return bool(_pattern(name).search(text))


def asked_text(question: Written) -> str:
    """Return all that a candidate reads of a question before the answer."""
    parts = [question.case, question.stem, *question.decoys]
    for option in question.options:
        parts += [option.text, option.match]
    return "\n".join(parts)


def all_text(question: Written) -> str:
    rationales = [option.rationale for option in question.options]
    return "\n".join([asked_text(question), *rationales, question.explanation, question.service_note])


def unnoted(question: Written) -> list[tuple[str, ServiceEntry]]:
    """Return the outdated names that a question asks with, each with its service, unless a service note explains."""
    if question.service_note:
        return []
    text = asked_text(question)
    return [
        (name, service)
        for service in known_services()
        for name in service.outdated_names
        if _pattern(name).search(text)
    ]
