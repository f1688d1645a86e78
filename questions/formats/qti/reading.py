"""QTI items of versions 2.1, 2.2 and 3.0: choice, order and match interactions.

https://www.imsglobal.org/question/qtiv2p2/imsqti_v2p2_impl.html, https://www.imsglobal.org/spec/qti/v3p0/impl
"""

import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from questions.content import MAX_OPTIONS, MIN_OPTIONS
from questions.formats.base import Loss
from questions.formats.html import inner_html
from questions.formats.qti.item import Choice, Item, Refused
from questions.formats.qti.names import ENTRY, child, children, get, name_of, within
from questions.formats.qti.typed import read_text_entry

KNOWN = ("choiceInteraction", "orderInteraction", "matchInteraction", "textEntryInteraction")
MAX_CHOICES = 50  # more than a question may have; so many are not even converted
_FEEDBACK = ("feedbackInline", "feedbackBlock")
_EXPLAINING = re.compile(r"explanation|solution|general|rationale", re.IGNORECASE)


@dataclass(frozen=True)
class _Declaration:
    """What the item says of the right response."""

    correct: Sequence[str]
    worth: dict[str, float]
    cardinality: str


def read_item(root: ET.Element, notes: list[str], stimulus: Callable[[str], ET.Element | None]) -> Item:
    """Return what an `assessmentItem` says. `stimulus` finds a shared text by its address. Raises `Refused`."""
    if get(root, "adaptive") == "true" or within(root, "templateDeclaration"):
        raise Refused("item", "adaptive items and templates are not known here; write each question out.")
    body = child(root, "itemBody")
    interaction = _interaction(body)
    declaration = _declaration(root, get(interaction, "responseIdentifier"), notes)
    name = name_of(interaction.tag)
    if name == "textEntryInteraction":
        identifiers: list[str] = []
        item = read_text_entry(root, interaction, declaration.correct, declaration.worth, notes)
    else:
        identifiers, item = _READERS[name](interaction, declaration, notes)
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
    left_out = {interaction, *entries, *cases, *rubrics, *within(body, *_FEEDBACK, "stylesheet", "catalogInfo")}
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
        raise Refused("itemBody", "the item has no body; export it again.")
    found = [element for element in body.iter() if name_of(element.tag).endswith("Interaction")]
    unknown = sorted({name_of(element.tag) for element in found} - set(KNOWN))
    if unknown:
        raise Refused("itemBody", f"{', '.join(unknown)[:100]} is not known here; known are {', '.join(KNOWN)}.")
    if len(found) != 1:
        raise Refused("itemBody", f"the item has {len(found)} interactions; make it one, or several items.")
    return found[0]


def _declaration(root: ET.Element, identifier: str, notes: list[str]) -> _Declaration:
    for element in children(root, "responseDeclaration"):
        if get(element, "identifier") == identifier:
            break
    else:
        raise Refused("responseDeclaration", f"there is none for “{identifier[:40]}”; declare the response.")
    correct = [_value(value) for value in within(child(element, "correctResponse"), "value")]
    entries = within(child(element, "mapping"), "mapEntry")
    worth = {" ".join(get(entry, "mapKey").split()): _points(get(entry, "mappedValue")) for entry in entries}
    processing = child(root, "responseProcessing")
    if worth and processing is not None and "map_response" in get(processing, "template"):
        notes.append("partial credit is not taken over: an answer is right or wrong here.")
    return _Declaration(correct, worth, get(element, "cardinality", "single"))


def _value(element: ET.Element) -> str:
    return " ".join((element.text or "").split())


def _points(text: str) -> float:
    try:
        points = float(text)
    except ValueError:
        points = math.nan
    if not math.isfinite(points):
        raise Refused("mapping", f"“{text[:40]}” is not a number; write one such as 0.5.")
    return points


def _texts(elements: Sequence[ET.Element]) -> dict[str, Choice]:
    """Return the choices by their identifiers, with the feedback that stands in them."""
    if len(elements) > MAX_CHOICES:
        raise Refused("options", f"{len(elements)} options; give {MIN_OPTIONS} to {MAX_OPTIONS}, usually four.")
    choices: dict[str, Choice] = {}
    for element in elements:
        identifier = get(element, "identifier")
        if not identifier or identifier in choices:
            raise Refused("identifier", f"“{identifier[:40]}” names no choice or two; give each its own.")
        said = within(element, *_FEEDBACK)
        choices[identifier] = Choice(
            html=inner_html(element, frozenset(said)), rationale="".join(inner_html(feedback) for feedback in said)
        )
    return choices


def _shuffle(interaction: ET.Element, notes: list[str]) -> bool:
    if get(interaction, "shuffle") != "true":
        return False
    if fixed := [element for element in children(interaction, "simpleChoice") if get(element, "fixed") == "true"]:
        notes.append(f"{len(fixed)} fixed options: none of the options is shuffled here.")
    return not fixed


_Read = tuple[list[str], Item]


def _item(kind: str, shuffle: bool, choices: Sequence[Choice], matches: Sequence[str] = ()) -> Item:
    return Item("", "", kind, shuffle, "", "", tuple(choices), tuple(matches))


def _read_choice(interaction: ET.Element, declaration: _Declaration, notes: list[str]) -> _Read:
    choices = _texts(children(interaction, "simpleChoice"))
    keys = set(declaration.correct)
    # Some programs declare every response as a multiple one; how many may be chosen says what it is.
    is_one = get(interaction, "maxChoices") == "1" and len(keys) < 2
    kind = "multiple" if declaration.cardinality == "multiple" and not is_one else "single"
    if not keys and declaration.worth:
        best = max(declaration.worth.values())
        right = {
            key for key, points in declaration.worth.items() if points > 0 and (kind == "multiple" or points == best)
        }
        notes.append("the key is read from the mapping: what is worth points is right.")
        keys = right
    if missing := sorted(keys - set(choices)):
        raise Refused("correctResponse", f"“{missing[0][:40]}” is no choice of the item; known are {_list(choices)}.")
    marked = [replace(choice, key=identifier in keys) for identifier, choice in choices.items()]
    return list(choices), _item(kind, _shuffle(interaction, notes), marked)


def _read_order(interaction: ET.Element, declaration: _Declaration, notes: list[str]) -> _Read:
    choices = _texts(children(interaction, "simpleChoice"))
    if sorted(declaration.correct) != sorted(choices):
        raise Refused("correctResponse", f"names the right order of all {len(choices)} choices, each once.")
    # Only the places of `fixed` choices would tell something, and they would tell it to the candidate.
    return list(declaration.correct), _item(
        "ordering", get(interaction, "shuffle") == "true", [choices[identifier] for identifier in declaration.correct]
    )


def _read_match(interaction: ET.Element, declaration: _Declaration, notes: list[str]) -> _Read:
    sets = children(interaction, "simpleMatchSet")
    if len(sets) != 2:
        raise Refused("simpleMatchSet", f"there are {len(sets)}; a match interaction has two.")
    prompts = _texts(children(sets[0], "simpleAssociableChoice"))
    targets = _texts(children(sets[1], "simpleAssociableChoice"))
    # Equal texts are one match for a candidate.
    matches = list(dict.fromkeys(target.html for target in targets.values()))
    pairs = declaration.correct or [pair for pair, points in declaration.worth.items() if points > 0]
    of: dict[str, int] = {}
    for pair in pairs:
        prompt, _, target = pair.partition(" ")
        if prompt not in prompts or target not in targets:
            raise Refused(
                "correctResponse", f"“{pair[:60]}” is no pair of a choice of the first set and of the second."
            )
        if prompt in of:
            raise Refused("correctResponse", f"“{prompt[:40]}” has more than one match; give each choice one.")
        of[prompt] = matches.index(targets[target].html)
    choices = [replace(choice, match=of.get(identifier)) for identifier, choice in prompts.items()]
    return list(prompts), _item("matching", get(interaction, "shuffle") == "true", choices, matches)


_READERS: dict[str, Callable[[ET.Element, _Declaration, list[str]], _Read]] = {
    "choiceInteraction": _read_choice,
    "orderInteraction": _read_order,
    "matchInteraction": _read_match,
}


def _list(choices: dict[str, Choice]) -> str:
    return ", ".join(identifier[:20] for identifier in list(choices)[:8]) or "none"


def _feedback(root: ET.Element, identifiers: Sequence[str], notes: list[str]) -> tuple[dict[str, str], str]:
    """Return the feedback of each choice by its identifier, and the explanation."""
    shown_for = _outcomes(child(root, "responseProcessing"), set(identifiers))
    rationales: dict[str, str] = {}
    explanation: list[str] = []
    body = child(root, "itemBody")
    inside = {element for choice in within(body, "simpleChoice") for element in within(choice, *_FEEDBACK)}
    blocks = [element for element in within(body, *_FEEDBACK) if element not in inside]
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
