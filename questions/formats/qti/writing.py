"""QTI items and the manifest of their package, as the specification has them and in the order its schemas ask for."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence

from questions.bankfiles import QuestionEntry
from questions.formats.html import to_elements
from questions.formats.qti.item import SUFFIX, Item
from questions.formats.qti.names import ENTRY, UNIT, Dialect
from questions.formats.typed import FORMATS

_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_LOM = "http://ltsc.ieee.org/xsd/LOM"
LOM_DIFFICULTY = {"easy": "easy", "medium": "medium", "hard": "difficult"}
CERTIFICATION = "certification:"


class _Writer:
    """Elements of one version."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect

    def add(self, parent: ET.Element, name: str, text: str | None = None, **attributes: str) -> ET.Element:
        named = {self.dialect.attribute(attribute): value for attribute, value in attributes.items()}
        element = ET.SubElement(parent, self.dialect.tag(name), named)
        element.text = text
        return element

    def fill(self, element: ET.Element, html: str) -> None:
        """Put HTML into an element, as far as the specification has its elements and attributes."""
        content = to_elements(html)
        for inner in content.iter():
            kept = {"href", "class"} | ({"colspan"} if inner.tag in {"td", "th"} else set())
            for attribute in set(inner.attrib) - kept:
                del inner.attrib[attribute]
            if inner.tag == "s":
                inner.tag = "span"
                inner.set("class", "line-through")
            if inner.tag == "table" and inner.find("tbody") is None and (head := inner.find("thead")) is not None:
                head.tag = "tbody"  # of which a table needs one
        element.text = content.text or element.text
        element.extend(content)


def write_item(item: Item, dialect: Dialect) -> bytes:
    """Return an item as a file of its own."""
    writer = _Writer(dialect)
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
    _declare(writer, root, item, identifiers)
    body = writer.add(root, "itemBody")
    if item.case:
        writer.fill(ET.SubElement(body, "div", {"class": "case"}), item.case)
    writer.fill(body, item.stem)
    _interact(writer, body, item, identifiers)
    _process(writer, root, item)
    for identifier, html in _feedback(item, identifiers).items():
        feedback = writer.add(
            root, "modalFeedback", outcomeIdentifier="FEEDBACK", showHide="show", identifier=identifier
        )
        writer.fill(writer.add(feedback, "contentBody") if dialect.is_kebab else feedback, html)
    return _file(root)


def _process(writer: _Writer, root: ET.Element, item: Item) -> None:
    formats, template = FORMATS.get(item.kind), writer.dialect.match_correct
    bounds = formats.qti_bounds(item.answer) if formats else None
    if bounds is None:
        writer.add(root, "responseProcessing", template=_mapped(template) if formats else template)
        return
    condition = writer.add(writer.add(root, "responseProcessing"), "responseCondition")
    branch = writer.add(condition, "responseIf")
    both = writer.add(branch, "and")
    for name, bound in zip(("gte", "lte"), bounds, strict=True):
        comparison = writer.add(both, name)
        writer.add(comparison, "variable", identifier="RESPONSE")
        writer.add(comparison, "baseValue", bound, baseType="float")
    outcome = writer.add(branch, "setOutcomeValue", identifier="SCORE")
    writer.add(outcome, "baseValue", "1", baseType="float")


def _mapped(template: str) -> str:
    """Return the standard template that adds up the mapping, from the one that compares with the correct response."""
    return template.replace("match_correct", "map_response")


def _feedback(item: Item, identifiers: Sequence[str]) -> dict[str, str]:
    said = {identifier: choice.rationale for identifier, choice in zip(identifiers, item.choices, strict=True)}
    return {identifier: html for identifier, html in {**said, "explanation": item.explanation}.items() if html}


def _declare(writer: _Writer, root: ET.Element, item: Item, identifiers: Sequence[str]) -> None:
    formats = FORMATS.get(item.kind)
    if formats:
        cardinality, correct = "single", formats.qti_correct(item.answer)
    elif item.kind == "ordering":
        cardinality, correct = "ordered", list(identifiers)
    elif item.kind == "matching":
        cardinality = "multiple"
        correct = [
            f"{identifier} match_{choice.match + 1}"
            for identifier, choice in zip(identifiers, item.choices, strict=True)
            if choice.match is not None
        ]
    else:
        cardinality = item.kind
        correct = [identifier for identifier, choice in zip(identifiers, item.choices, strict=True) if choice.key]
    base = formats.qti_base if formats else "directedPair" if item.kind == "matching" else "identifier"
    response = writer.add(root, "responseDeclaration", identifier="RESPONSE", cardinality=cardinality, baseType=base)
    if correct:
        # Of texts that are all right one is the correct response; the mapping says the others.
        _values(writer, writer.add(response, "correctResponse"), correct[:1] if formats else correct)
    if formats and not formats.qti_bounds(item.answer):
        mapping = writer.add(response, "mapping", defaultValue="0")
        case = "false" if item.answer.get("ignore_case") else "true"
        for text in correct:
            writer.add(mapping, "mapEntry", mapKey=text, mappedValue="1", caseSensitive=case)
    score = writer.add(root, "outcomeDeclaration", identifier="SCORE", cardinality="single", baseType="float")
    _values(writer, writer.add(score, "defaultValue"), ["0"])
    # By default all feedback is shown once the response is processed, as our review shows every rationale.
    if said := list(_feedback(item, identifiers)):
        shown = writer.add(
            root, "outcomeDeclaration", identifier="FEEDBACK", cardinality="multiple", baseType="identifier"
        )
        _values(writer, writer.add(shown, "defaultValue"), said)


def _values(writer: _Writer, parent: ET.Element, values: Sequence[str]) -> None:
    for value in values:
        writer.add(parent, "value", value)


def _interact(writer: _Writer, body: ET.Element, item: Item, identifiers: Sequence[str]) -> None:
    shuffle = "true" if item.shuffle else "false"
    if item.kind in FORMATS:
        line = ET.SubElement(body, "p", {"class": ENTRY})
        writer.add(line, "textEntryInteraction", responseIdentifier="RESPONSE", expectedLength="24")
        if unit := item.answer.get("unit"):
            ET.SubElement(line, "span", {"class": UNIT}).text = str(unit)
        return
    if item.kind == "matching":
        count = str(len(item.choices))
        interaction = writer.add(
            body, "matchInteraction", responseIdentifier="RESPONSE", shuffle=shuffle, maxAssociations=count
        )
        prompts, targets = writer.add(interaction, "simpleMatchSet"), writer.add(interaction, "simpleMatchSet")
        for identifier, choice in zip(identifiers, item.choices, strict=True):
            element = writer.add(prompts, "simpleAssociableChoice", identifier=identifier, matchMax="1")
            writer.fill(element, choice.html)
        for number, html in enumerate(item.matches, 1):
            element = writer.add(targets, "simpleAssociableChoice", identifier=f"match_{number}", matchMax="0")
            writer.fill(element, html)
        return
    if item.kind == "ordering":
        interaction = writer.add(body, "orderInteraction", responseIdentifier="RESPONSE", shuffle=shuffle)
    else:
        most = "1" if item.kind == "single" else "0"
        interaction = writer.add(
            body, "choiceInteraction", responseIdentifier="RESPONSE", shuffle=shuffle, maxChoices=most
        )
    for identifier, choice in zip(identifiers, item.choices, strict=True):
        writer.fill(writer.add(interaction, "simpleChoice", identifier=identifier), choice.html)


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
