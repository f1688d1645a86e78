"""XML from outside: no document type, no entity, no outside reference, and no more of it than a question bank needs."""

import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from typing import Any

from defusedxml.common import DefusedXmlException, DTDForbidden
from defusedxml.ElementTree import DefusedXMLParser
from django.utils.translation import gettext

from questions.formats.texts import Unreadable, check_size

# 5,000 questions of 8 options with their feedback are some 250,000 elements. An element takes about 250 bytes.
MAX_ELEMENTS = 400_000
# What reads a text goes down into it by calls; the formats themselves need some fifteen levels.
MAX_DEPTH = 100
MAX_ATTRIBUTES = 50


class IllFormed(Unreadable):
    """Not XML at all, as opposed to XML that is refused for what it tries."""


@dataclass
class Document:
    """A file that was read: its root, and the line at which each child of the root begins."""

    root: ET.Element
    lines: dict[ET.Element, int] = field(default_factory=dict)


class _Parser(DefusedXMLParser):
    """Lets through a document type that only names the root: it declares nothing and refers to nothing."""

    def defused_start_doctype_decl(self, name: str, sysid: str | None, pubid: str | None, has_subset: bool) -> None:
        if sysid or pubid or has_subset:
            super().defused_start_doctype_decl(name, sysid, pubid, has_subset)


class Budget:
    """How many elements may still be read: of a file, or of all files of a package together."""

    def __init__(self) -> None:
        self.elements = MAX_ELEMENTS


def parse(data: bytes, what: str = "", budget: Budget | None = None) -> Document:
    """Return the document. Raises `Unreadable` with the reason; `IllFormed` when it is simply broken."""
    check_size(data)
    what = what or gettext("The file")
    builder = _Builder(budget or Budget())
    parser = _Parser(target=builder, forbid_dtd=True)
    builder.position = lambda: parser.parser.CurrentLineNumber
    try:
        parser.feed(data)
        root = parser.close()
    except DTDForbidden as error:
        raise Unreadable(
            gettext("%(what)s has a document type (<!DOCTYPE …>); remove it and its entities.") % {"what": what}
        ) from error
    except DefusedXmlException as error:
        raise Unreadable(
            gettext("%(what)s declares entities or refers to other files; write the text itself.") % {"what": what}
        ) from error
    except _TooMuch as error:
        raise Unreadable(f"{what}: {error}") from error
    except ET.ParseError as error:
        raise IllFormed(
            gettext("%(what)s is not well-formed XML: %(error)s; export it again.") % {"what": what, "error": error}
        ) from error
    except (ValueError, LookupError) as error:  # the encoding is unknown, or the bytes do not fit it
        raise IllFormed(
            gettext("%(what)s cannot be decoded: %(error)s; save it as UTF-8.") % {"what": what, "error": error}
        ) from error
    return Document(root, builder.lines)


class _TooMuch(Exception):
    pass


class _Builder(ET.TreeBuilder):
    """Builds the tree, and stops as soon as it grows beyond measure."""

    def __init__(self, budget: Budget) -> None:
        super().__init__()
        self.budget = budget
        self.depth = 0
        self.lines: dict[ET.Element, int] = {}
        self.position: Any = None

    def start(self, tag: str, attrs: dict[Any, Any], /) -> ET.Element:
        self.depth += 1
        self.budget.elements -= 1
        if self.depth > MAX_DEPTH:
            raise _TooMuch(
                gettext("elements are nested more than %(max_depth)s deep; questions need only a few levels.")
                % {"max_depth": MAX_DEPTH}
            )
        if self.budget.elements < 0:
            raise _TooMuch(
                gettext("more than %(max_elements)s elements; split the file.") % {"max_elements": f"{MAX_ELEMENTS:,}"}
            )
        if len(attrs) > MAX_ATTRIBUTES:
            raise _TooMuch(
                gettext("<%(tag)s> has %(count)s attributes; the limit is %(max_attributes)s.")
                % {"tag": tag[:40], "count": f"{len(attrs):,}", "max_attributes": MAX_ATTRIBUTES}
            )
        element = super().start(tag, attrs)
        if self.depth == 2:
            self.lines[element] = self.position()
        return element

    def end(self, tag: str, /) -> ET.Element:
        self.depth -= 1
        return super().end(tag)
