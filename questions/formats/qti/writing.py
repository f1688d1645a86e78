"""QTI items and the manifest of their package, as the specification has them and in the order its schemas ask for."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence

from questions.bankfiles import QuestionEntry
from questions.formats.qti.item import SUFFIX
from questions.formats.qti.names import Dialect
from questions.formats.qti.parts import Item, QtiMapping, Writer
from questions.kinds import kind_of

_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_LOM = "http://ltsc.ieee.org/xsd/LOM"
LOM_DIFFICULTY = {"easy": "easy", "medium": "medium", "hard": "difficult"}
CERTIFICATION = "certification:"


def write_item(item: Item, dialect: Dialect) -> bytes:
    """Return an item as a file of its own."""
    writer, qti = Writer(dialect), kind_of(item.kind).qti
    if qti is None:
        raise ValueError(item.kind)  # `left_out` names it
    root = ET.Element(
        dialect.tag("assessmentItem"),
        {
            "xmlns": dialect.namespace,
            "xmlns:xsi": _XSI,
            "xsi:schemaLocation": f"{dialect.namespace} {dialect.schema}",
            "identifier": item.identifier,
            "title": item.title,
            "adaptive": "false",
            dialect.attribute("timeDependent"): "false",
        },
    )
    identifiers = [f"choice_{number}" for number in range(1, len(item.choices) + 1)]
    _declare(writer, root, item, identifiers, qti)
    body = writer.add(root, "itemBody")
    if item.case:
        writer.fill(ET.SubElement(body, "div", {"class": "case"}), item.case)
    writer.fill(body, item.stem)
    qti.interact(writer, body, item, identifiers)
    qti.process(writer, root, item)
    for identifier, html in _feedback(item, identifiers).items():
        feedback = writer.add(
            root, "modalFeedback", outcomeIdentifier="FEEDBACK", showHide="show", identifier=identifier
        )
        writer.fill(writer.add(feedback, "contentBody") if dialect.is_kebab else feedback, html)
    return _file(root)


def _feedback(item: Item, identifiers: Sequence[str]) -> dict[str, str]:
    said = {identifier: choice.rationale for identifier, choice in zip(identifiers, item.choices, strict=True)}
    return {identifier: html for identifier, html in {**said, "explanation": item.explanation}.items() if html}


def _declare(writer: Writer, root: ET.Element, item: Item, identifiers: Sequence[str], qti: QtiMapping) -> None:
    response = writer.add(
        root, "responseDeclaration", identifier="RESPONSE", cardinality=qti.cardinality, baseType=qti.base
    )
    if correct := qti.correct(item, identifiers):
        writer.add_values(writer.add(response, "correctResponse"), correct)
    qti.declare(writer, response, item)
    score = writer.add(root, "outcomeDeclaration", identifier="SCORE", cardinality="single", baseType="float")
    writer.add_values(writer.add(score, "defaultValue"), ["0"])
    # By default all feedback is shown once the response is processed, as our review shows every rationale.
    if said := list(_feedback(item, identifiers)):
        shown = writer.add(
            root, "outcomeDeclaration", identifier="FEEDBACK", cardinality="multiple", baseType="identifier"
        )
        writer.add_values(writer.add(shown, "defaultValue"), said)


def item_path(entry: QuestionEntry) -> str:
    """Return where a question's item lies in the package."""
    return f"items/{entry.id}.xml"


def write_manifest(entries: Sequence[QuestionEntry], dialect: Dialect) -> bytes:
    """Return the manifest: one resource for each item, with its metadata as IEEE LOM."""
    root = ET.Element(
        "manifest",
        {
            "xmlns": dialect.package_namespace,
            "xmlns:xsi": _XSI,
            "xsi:schemaLocation": f"{dialect.package_namespace} {dialect.package_schema}",
            "identifier": "questions",
        },
    )
    metadata = ET.SubElement(root, "metadata")
    ET.SubElement(metadata, "schema").text = dialect.package_name
    ET.SubElement(metadata, "schemaversion").text = dialect.package_version
    ET.SubElement(root, "organizations")
    resources = ET.SubElement(root, "resources")
    for entry in entries:
        path = item_path(entry)
        attributes = {"identifier": f"item-{entry.id}", "type": dialect.item_type, "href": path}
        resource = ET.SubElement(resources, "resource", attributes)
        _describe(ET.SubElement(resource, "metadata"), entry)
        ET.SubElement(resource, "file", {"href": path})
        ET.SubElement(resource, "file", {"href": source_path(path)})
    ET.indent(root)
    return _file(root)


def source_path(path: str) -> str:
    """Return where the question itself lies beside its item."""
    return re.sub(r"\.xml$", "", path) + SUFFIX


def _describe(metadata: ET.Element, entry: QuestionEntry) -> None:
    lom = ET.SubElement(metadata, "lom", {"xmlns": _LOM})
    general = ET.SubElement(lom, "general")
    ET.SubElement(ET.SubElement(general, "identifier"), "entry").text = entry.id
    _string(ET.SubElement(general, "title"), entry.id)
    for tag in entry.tags:
        _string(ET.SubElement(general, "keyword"), tag)
    difficulty = ET.SubElement(ET.SubElement(lom, "educational"), "difficulty")
    _vocabulary(difficulty, LOM_DIFFICULTY[entry.difficulty])
    for certification, code in entry.tasks.items():
        classification = ET.SubElement(lom, "classification")
        _vocabulary(ET.SubElement(classification, "purpose"), "educational objective")
        path = ET.SubElement(classification, "taxonPath")
        _string(ET.SubElement(path, "source"), f"{CERTIFICATION}{certification}")
        ET.SubElement(ET.SubElement(path, "taxon"), "id").text = code


def _string(parent: ET.Element, text: str) -> None:
    ET.SubElement(parent, "string", {"language": "en"}).text = text


def _vocabulary(parent: ET.Element, value: str) -> None:
    ET.SubElement(parent, "source").text = "LOMv1.0"
    ET.SubElement(parent, "value").text = value


def _file(root: ET.Element) -> bytes:
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + bytes(ET.tostring(root, encoding="utf-8")) + b"\n"
