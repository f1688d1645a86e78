"""QTI packages: a zip archive with a manifest and a file for each item. An item alone is read too."""

import posixpath
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote

from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from questions.bankfiles import QuestionEntry
from questions.content import Problem
from questions.formats.base import Defaults, ReadQuestion, Unreadable, check_count, read_entry
from questions.formats.html import HtmlReader
from questions.formats.packages import Package, is_archive, write_package
from questions.formats.qti.item import SUFFIX, fields_of, item_of
from questions.formats.qti.names import QTI_21, QTI_22, QTI_30, Dialect, children, get, name_of, within
from questions.formats.qti.reading import read_item
from questions.formats.qti.writing import (
    CERTIFICATION,
    LOM_DIFFICULTY,
    item_path,
    source_path,
    write_item,
    write_manifest,
)
from questions.formats.safe_xml import Budget, IllFormed, parse
from questions.formats.slugs import slug, tags_of
from questions.formats.texts import Refused
from questions.kinds import kind_of

MANIFEST = "imsmanifest.xml"
# Our file beside an item: of one question, of a package. 5,000 questions of our bank have 13 MB.
MAX_SOURCE = 200_000
MAX_SOURCES = 20_000_000
_DIFFICULTY = {value: name for name, value in LOM_DIFFICULTY.items()} | {"very easy": "easy", "very difficult": "hard"}


class Qti:
    """One version for writing; all three for reading, told apart by what the file says."""

    suffixes = (".zip", ".xml")
    media_type = "application/zip"
    losses = (
        _("the status: everything imported is a draft"),
        _(
            "references, service note, source and the day the facts were checked lie in a file of ours in the package,"
            " which other programs do not read"
        ),
        _("Markdown becomes HTML; what an edit elsewhere leaves alone comes back as it was written"),
        _("an order interaction is always shuffled elsewhere"),
    )

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.name = f"qti{dialect.number.replace('.', '')}"
        self.label = format_lazy(_("QTI {number} package"), number=dialect.number)

    def read(self, data: bytes, defaults: Defaults) -> list[ReadQuestion]:
        if is_archive(data):
            return _read_package(Package(data), defaults)
        root = parse(data).root
        if name_of(root.tag) != "assessmentItem":
            raise Unreadable(_what_else(root))
        return [_Reader(defaults).item(gettext("the item"), root, {}, None, [])]

    def left_out(self, entry: QuestionEntry) -> str:
        qti = kind_of(entry.kind).qti
        return qti.lack(entry) if qti else (gettext("QTI has no %(kind)s questions") % {"kind": entry.kind})

    def write(self, entries: Sequence[QuestionEntry]) -> bytes:
        files = {MANIFEST: write_manifest(entries, self.dialect)}
        for entry in entries:
            path = item_path(entry)
            files[path] = write_item(item_of(entry), self.dialect)
            files[source_path(path)] = entry.model_dump_json(exclude_defaults=True, indent=1).encode()
        return write_package(files)


QTI_FORMATS = tuple(Qti(dialect) for dialect in (QTI_21, QTI_22, QTI_30))


def _what_else(root: ET.Element) -> str:
    name = name_of(root.tag)
    return {
        "assessmentTest": gettext("The file is a test without its items; upload the whole package."),
        "manifest": gettext("The file is the manifest of a package; upload the whole package."),
        "questestinterop": gettext("The file is QTI 1.2; export it as QTI 2.1, 2.2 or 3.0."),
        "quiz": gettext("The file is Moodle XML; choose that format."),
    }.get(
        name,
        gettext("The file begins with <%(name)s>; a QTI item begins with <assessmentItem> or <qti-assessment-item>.")
        % {"name": name[:60]},
    )


def _read_package(package: Package, defaults: Defaults) -> list[ReadQuestion]:
    if MANIFEST not in package:
        elsewhere = next((name for name in package.names if posixpath.basename(name) == MANIFEST), None)
        where = (
            (
                gettext("it lies in “%(folder)s”; pack what that folder holds.")
                % {"folder": posixpath.dirname(elsewhere)}
            )
            if elsewhere
            else gettext("add it.")
        )
        raise Unreadable(
            gettext("The package has no %(manifest)s at its top: %(where)s") % {"manifest": MANIFEST, "where": where}
        )
    root = parse(package.read(MANIFEST), MANIFEST).root
    if name_of(root.tag) != "manifest":
        raise Unreadable(
            gettext("%(manifest)s begins with <%(tag)s>, not with <manifest>; export it again.")
            % {"manifest": MANIFEST, "tag": name_of(root.tag)[:60]}
        )
    resources = within(root, "resource")
    items = [resource for resource in resources if "item_xml" in get(resource, "type")]
    if not items:
        types = ", ".join(sorted({get(resource, "type")[:40] for resource in resources})[:5]) or "nothing"
        raise Unreadable(
            gettext("The package contains no item of QTI 2.1, 2.2 or 3.0, only %(types)s; export its questions so.")
            % {"types": types}
        )
    check_count(len(items))
    tests = any("test_xml" in get(resource, "type") for resource in resources)
    notes = [gettext("the package contains a test, too; only its questions are imported.")] if tests else []
    reader = _Reader(defaults, package, notes)
    return [reader.resource(resource) for resource in items]


class _Reader:
    """Reads the items of one file, alone or in a package."""

    def __init__(self, defaults: Defaults, package: Package | None = None, notes: Sequence[str] = ()) -> None:
        self.defaults = defaults
        self.package = package
        self.notes = notes
        self.budget = Budget()
        self.html = HtmlReader()
        self.source_bytes = MAX_SOURCES
        self.stimuli: dict[str, ET.Element | None] = {}

    def resource(self, resource: ET.Element) -> ReadQuestion:
        """Return the question of a resource in the manifest."""
        files = [get(file, "href") for file in children(resource, "file")]
        href = get(resource, "href") or next(iter(files), "")
        place, label = href[:200] or MANIFEST, get(resource, "identifier")[:100]
        path = self._find(href)
        if path is None:
            message = gettext("is not in the package; add the file or remove its resource.")
            return ReadQuestion(place, label, problems=(Problem("href", message),))
        try:
            root = self._parse(path)
        except IllFormed as error:
            return ReadQuestion(place, label, problems=(Problem("file", str(error)),))
        if name_of(root.tag) != "assessmentItem":
            return ReadQuestion(place, label, problems=(Problem("file", _what_else(root)),))
        notes = list(self.notes)
        return self.item(path, root, _metadata(resource, notes), self._source(files, notes), notes)

    def item(
        self, place: str, root: ET.Element, metadata: dict[str, Any], source: QuestionEntry | None, notes: list[str]
    ) -> ReadQuestion:
        """Return the question of an item; its place is its path in the package."""
        label = " ".join(get(root, "title").split())[:100]
        try:
            item = read_item(root, notes, lambda href: self._stimulus(href, place, notes))
            fields = {**metadata, **fields_of(item, source, self.html, notes)}
        except Refused as refused:
            return ReadQuestion(place, label, problems=(refused.problem,), notes=tuple(notes))
        if "id" not in fields:
            fields["id"] = slug(item.identifier)
            if fields["id"] != item.identifier.removeprefix("_"):
                became = fields["id"] or gettext("an id made of the content")
                notes.append(
                    gettext("identifier “%(identifier)s” became “%(became)s”.")
                    % {"identifier": item.identifier[:60], "became": became}
                )
        lacking = () if source else ("references", "service_note", "source")
        said = dict.fromkeys(notes)
        is_ours = source is not None  # an identifier of another program's is in every second package
        return read_entry(place, label, fields, self.defaults, notes=said, lacking=lacking, id_is_ours=is_ours)

    def _parse(self, path: str) -> ET.Element:
        return parse(self.package.read(path) if self.package else b"", f"“{path}”", self.budget).root

    def _find(self, href: str, base: str = "") -> str | None:
        """Return the name of the file at an address, None when the package has none."""
        for address in (href, unquote(href)):
            path = posixpath.normpath(posixpath.join(base, address))
            if address and self.package and path in self.package:
                return path
        return None

    def _stimulus(self, href: str, place: str, notes: list[str]) -> ET.Element | None:
        path = self._find(href, posixpath.dirname(place))
        if path is None:
            notes.append(gettext("the shared text “%(href)s” is not in the file.") % {"href": href[:60]})
            return None
        if path not in self.stimuli:
            self.stimuli[path] = next(iter(within(self._parse(path), "stimulusBody")), None)
        return self.stimuli[path]

    def _source(self, files: Sequence[str], notes: list[str]) -> QuestionEntry | None:
        path = next((path for file in files if file.endswith(SUFFIX) and (path := self._find(file))), None)
        if path is None or self.package is None:
            return None
        data = self.package.read(path)
        self.source_bytes -= len(data)
        try:
            # What is so large is not ours, and rendering it would take its time.
            if len(data) > MAX_SOURCE or self.source_bytes < 0:
                raise ValueError(path)
            return QuestionEntry.model_validate_json(data)
        except ValueError:  # also pydantic's
            notes.append(
                gettext("the file *%(suffix)s beside the item cannot be read and was left aside.") % {"suffix": SUFFIX}
            )
            return None


def _metadata(resource: ET.Element, notes: list[str]) -> dict[str, Any]:
    """Return what a resource's IEEE LOM says of tags, difficulty and tasks."""
    keywords = [" ".join("".join(keyword.itertext()).split()) for keyword in within(resource, "keyword")]
    fields: dict[str, Any] = {"tags": tags_of([keyword for keyword in keywords if keyword], notes)}
    for difficulty in within(resource, "difficulty"):
        value = "".join(text.text or "" for text in within(difficulty, "value", "langstring")).strip().casefold()
        # IMS MD before 1.3 has the word after the name of its vocabulary.
        if known := next((name for word, name in _DIFFICULTY.items() if value.endswith(word)), None):
            fields["difficulty"] = known
    tasks = {}
    for path in within(resource, "taxonPath"):
        certification = "".join(text for source in children(path, "source") for text in source.itertext()).strip()
        codes = within(path, "id")
        if certification.startswith(CERTIFICATION) and codes:
            tasks[certification.removeprefix(CERTIFICATION)] = (codes[-1].text or "").strip()
    return {**fields, "tasks": tasks}
