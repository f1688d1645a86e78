"""QTI items of versions 2.1, 2.2 and 3.0: choice, order and match interactions.

https://www.imsglobal.org/question/qtiv2p2/imsqti_v2p2_impl.html, https://www.imsglobal.org/spec/qti/v3p0/impl
"""

import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Sequence
from dataclasses import replace

from django.utils.translation import gettext

from questions.formats.base import Loss
from questions.formats.html import inner_html
from questions.formats.qti.names import ENTRY, child, children, get, name_of, within
from questions.formats.qti.parts import FEEDBACK, Interaction, Item
from questions.formats.texts import Refused
from questions.kinds import KINDS

_EXPLAINING = re.compile(r"explanation|solution|general|rationale", re.IGNORECASE)


def read_item(root: ET.Element, notes: list[str], stimulus: Callable[[str], ET.Element | None]) -> Item:
    """Return what an `assessmentItem` says. `stimulus` finds a shared text by its address. Raises `Refused`."""
    if get(root, "adaptive") == "true" or within(root, "templateDeclaration"):
        raise Refused("item", gettext("adaptive items and templates are not supported; write each question out."))
    body = child(root, "itemBody")
    interaction = _interaction(body)
    identifiers, item = _read_answers(root, interaction, notes)
    rationales, explanation = _feedback(root, identifiers, notes)
    cases = [element for element in within(body, "div") if "case" in element.get("class", "").split()]
    shared = [
        found for ref in within(root, "assessmentStimulusRef") if (found := stimulus(get(ref, "href"))) is not None
    ]
    rubrics = within(body, "rubricBlock")
    for rubric in rubrics:
        if "candidate" not in get(rubric, "view", "candidate").split():
            notes.append(Loss(f"a rubric for {get(rubric, 'view')[:40]} is not taken over."))
    if within(root, "catalogInfo"):
        notes.append(Loss("the catalog of other forms of the text (translations, speech) is not taken over."))
    entries = [element for element in within(body, "p") if element.get("class") == ENTRY]
    left_out = {interaction, *entries, *cases, *rubrics, *within(body, *FEEDBACK, "stylesheet", "catalogInfo")}
    stem = [
        *(inner_html(rubric) for rubric in rubrics if "candidate" in get(rubric, "view", "candidate").split()),
        inner_html(body, left_out) if body is not None else "",
        *(f"<p>{inner_html(prompt)}</p>" for prompt in children(interaction, "prompt")),
    ]
    return replace(
        item,
        identifier=get(root, "identifier"),
        title=get(root, "title"),
        case="".join(inner_html(element) for element in [*shared, *cases]),
        stem="".join(stem),
        explanation=explanation,
        choices=tuple(
            replace(choice, rationale=choice.rationale + rationales.get(identifier, ""))
            for identifier, choice in zip(identifiers, item.choices, strict=True)
        ),
    )


def _interaction(body: ET.Element | None) -> ET.Element:
    if body is None:
        raise Refused("itemBody", gettext("the item has no body; export it again."))
    found = [element for element in body.iter() if name_of(element.tag).endswith("Interaction")]
    known = dict.fromkeys(room.qti.interaction for room in KINDS.values() if room.qti)
    unknown = sorted({name_of(element.tag) for element in found} - set(known))
    if unknown:
        raise Refused(
            "itemBody",
            gettext("%(unknown)s is not supported; the supported interactions are %(known)s.")
            % {"unknown": ", ".join(unknown)[:100], "known": ", ".join(known)},
        )
    if len(found) != 1:
        raise Refused(
            "itemBody",
            gettext("the item has %(count)s interactions; make it one, or several items.") % {"count": len(found)},
        )
    return found[0]


def _read_answers(root: ET.Element, interaction: ET.Element, notes: list[str]) -> tuple[list[str], Item]:
    asked, name = _asked(root, interaction, notes), name_of(interaction.tag)
    for room in KINDS.values():
        if room.qti and name == room.qti.interaction and (found := room.qti.read(asked)) is not None:
            return found[0], replace(found[1], kind=room.name)
    raise Refused("itemBody", gettext("a %(name)s like this is not supported.") % {"name": name})


def _asked(root: ET.Element, interaction: ET.Element, notes: list[str]) -> Interaction:
    identifier = get(interaction, "responseIdentifier")
    for element in children(root, "responseDeclaration"):
        if get(element, "identifier") == identifier:
            break
    else:
        raise Refused(
            "responseDeclaration",
            gettext("there is none for “%(identifier)s”; declare the response.") % {"identifier": identifier[:40]},
        )
    correct = [_value(value) for value in within(child(element, "correctResponse"), "value")]
    entries = within(child(element, "mapping"), "mapEntry")
    worth = {" ".join(get(entry, "mapKey").split()): _points(get(entry, "mappedValue")) for entry in entries}
    processing = child(root, "responseProcessing")
    if worth and processing is not None and "map_response" in get(processing, "template"):
        notes.append(gettext("partial credit is not taken over: an answer is right or wrong here."))
    return Interaction(root, interaction, element, correct, worth, notes)


def _value(element: ET.Element) -> str:
    return " ".join((element.text or "").split())


def _points(text: str) -> float:
    try:
        points = float(text)
    except ValueError:
        points = math.nan
    if not math.isfinite(points):
        raise Refused("mapping", gettext("“%(text)s” is not a number; write one such as 0.5.") % {"text": text[:40]})
    return points


def _feedback(root: ET.Element, identifiers: Sequence[str], notes: list[str]) -> tuple[dict[str, str], str]:
    """Return the feedback of each choice by its identifier, and the explanation."""
    shown_for = _outcomes(child(root, "responseProcessing"), set(identifiers))
    rationales: dict[str, str] = {}
    explanation: list[str] = []
    body = child(root, "itemBody")
    inside = {element for choice in within(body, "simpleChoice") for element in within(choice, *FEEDBACK)}
    blocks = [element for element in within(body, *FEEDBACK) if element not in inside]
    for element in [*blocks, *children(root, "modalFeedback")]:
        identifier = get(element, "identifier")
        content = child(element, "contentBody")
        html = inner_html(element if content is None else content)
        choice = identifier if identifier in identifiers else shown_for.get(identifier)
        if choice is not None and get(element, "showHide", "show") == "show":
            rationales[choice] = rationales.get(choice, "") + html
        elif _EXPLAINING.search(identifier):
            explanation.append(html)
        else:
            notes.append(Loss(f"feedback “{identifier[:40]}” is not taken over: it belongs to no single option."))
    return rationales, "".join(explanation)


def _outcomes(processing: ET.Element | None, identifiers: set[str]) -> dict[str, str]:
    """Return outcome values by which feedback is shown, and the one choice that sets each of them."""
    shown_for: dict[str, str] = {}
    for branch in within(processing, "responseIf", "responseElseIf"):
        condition = next(iter(branch), None)
        named = {_value(value) for value in within(condition, "baseValue")} & identifiers
        if len(named) != 1 or within(condition, "not"):
            continue
        for outcome in children(branch, "setOutcomeValue"):
            for value in within(outcome, "baseValue"):
                shown_for.setdefault(_value(value), next(iter(named)))
    return shown_for
