"""What differs between the versions of QTI: names, namespaces and addresses. Structure and meaning are the same."""

import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from functools import lru_cache

_XSD = "http://www.imsglobal.org/xsd"
_PURL = "https://purl.imsglobal.org/spec/qti/v3p0"


@dataclass(frozen=True)
class Dialect:
    """A version as it is written."""

    number: str
    is_kebab: bool  # qti-assessment-item instead of assessmentItem
    namespace: str
    schema: str
    item_type: str
    match_correct: str
    package_namespace: str
    package_schema: str
    package_name: str
    package_version: str

    def tag(self, name: str) -> str:
        return f"qti-{kebab(name)}" if self.is_kebab else name

    def attribute(self, name: str) -> str:
        return kebab(name) if self.is_kebab else name


QTI_21 = Dialect(
    number="2.1",
    is_kebab=False,
    namespace=f"{_XSD}/imsqti_v2p1",
    schema=f"{_XSD}/qti/qtiv2p1/imsqti_v2p1.xsd",
    item_type="imsqti_item_xmlv2p1",
    match_correct="http://www.imsglobal.org/question/qti_v2p1/rptemplates/match_correct",
    package_namespace=f"{_XSD}/imscp_v1p1",
    package_schema=f"{_XSD}/qti/qtiv2p1/qtiv2p1_imscpv1p2_v1p0.xsd",
    package_name="QTIv2.1 Package",
    package_version="1.0.0",
)
QTI_22 = Dialect(
    number="2.2",
    is_kebab=False,
    namespace=f"{_XSD}/imsqti_v2p2",
    schema=f"{_XSD}/qti/qtiv2p2/imsqti_v2p2.xsd",
    item_type="imsqti_item_xmlv2p2",
    match_correct="http://www.imsglobal.org/question/qti_v2p2/rptemplates/match_correct",
    package_namespace=f"{_XSD}/imscp_v1p1",
    package_schema=f"{_XSD}/qti/qtiv2p2/qtiv2p2_imscpv1p2_v1p0.xsd",
    package_name="QTIv2.2 Package",
    package_version="1.0.0",
)
QTI_30 = Dialect(
    number="3.0",
    is_kebab=True,
    namespace=f"{_XSD}/imsqtiasi_v3p0",
    schema=f"{_PURL}/schema/xsd/imsqti_asiv3p0_v1p0.xsd",
    item_type="imsqti_item_xmlv3p0",
    match_correct=f"{_PURL}/rptemplates/match_correct.xml",
    package_namespace=f"{_XSD}/qti/qtiv3p0/imscp_v1p1",
    package_schema=f"{_PURL}/schema/xsd/imsqtiv3p0_imscpv1p2_v1p0.xsd",
    package_name="QTI Package",
    package_version="3.0.0",
)


@lru_cache(maxsize=1000)
def kebab(name: str) -> str:
    """Return a name as version 3 writes it: assessmentItem → assessment-item."""
    return re.sub(r"(?<=[a-z0-9])[A-Z]", lambda found: f"-{found[0].lower()}", name)


@lru_cache(maxsize=1000)
def name_of(tag: str) -> str:
    """Return the name of an element as versions 2 write it, without namespace: qti-assessment-item → assessmentItem."""
    name = tag.rpartition("}")[2]
    if not name.startswith("qti-"):
        return name
    first, *others = name.removeprefix("qti-").split("-")
    return first + "".join(part.capitalize() for part in others)


def get(element: ET.Element, name: str, default: str = "") -> str:
    """Return an attribute, whichever version wrote it."""
    return (element.get(name) or element.get(kebab(name)) or default).strip()


def children(element: ET.Element | None, *names: str) -> list[ET.Element]:
    """Return the child elements that have one of these names, in their order."""
    return [] if element is None else [child for child in element if name_of(child.tag) in names]


def child(element: ET.Element | None, name: str) -> ET.Element | None:
    """Return the first child element of a name."""
    return next(iter(children(element, name)), None)


def within(element: ET.Element | None, *names: str) -> list[ET.Element]:
    """Return the elements of these names at any depth, in their order."""
    return [] if element is None else [inner for inner in element.iter() if name_of(inner.tag) in names]


# Classes by which we know our own: the line with the field to type in, and the unit behind it.
ENTRY, UNIT = "answer-entry", "unit"
