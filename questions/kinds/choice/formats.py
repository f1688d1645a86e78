"""Options that are chosen, in the files of other programs: there each may be worth a share of the points."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from xml.etree.ElementTree import Element

from django.utils.translation import gettext

from questions.formats.gift_parts import WEIGHT, Answers, Form, GiftMapping, answer, feedback, split
from questions.formats.moodle_parts import SUM_TOLERANCE, MoodleMapping, MoodleQuestion, add, add_option, add_shuffle
from questions.formats.qti.names import children, get
from questions.formats.qti.parts import Interaction, Item, QtiMapping, Writer, simple_choices
from questions.formats.texts import Refused
from questions.parts import Written

# The shares that Moodle takes for one of n right answers; others it refuses on import.
SHARES = {1: "100", 2: "50", 3: "33.33333", 4: "25", 5: "20", 6: "16.66667", 7: "14.28571", 8: "12.5"}


def _key_count(content: Written) -> int:
    return sum(option.key for option in content.options)


# --- GIFT -------------------------------------------------------------------------------------------------------


class SingleGift(GiftMapping):
    def lack(self, content: Written) -> str:
        return "" if _key_count(content) == 1 else gettext("GIFT needs one key in a single question")

    def write(self, content: Written) -> list[str]:
        return [
            f"{'=' if option.key else '~%0%' if option.text.startswith('%') else '~'}"
            f"{answer(option.text)}{feedback(option.rationale)}"
            for option in content.options
        ]

    def read(self, answers: Answers) -> dict[str, Any] | None:
        if found := re.fullmatch(r"(T|TRUE|F|FALSE)\s*((?:#.*)?)", answers.inner, re.DOTALL):
            return _true_or_false(found[1].startswith("T"), found[2], answers.form)
        if answers.marks != {"=", "~"}:
            return None
        options, total = _gift_options(answers)
        if total > 100:
            message = gettext("two answers have = before them; give each of several right ones its share: ~%50%.")
            raise Refused("key", message)
        return {"options": options}


class MultipleGift(GiftMapping):
    def lack(self, content: Written) -> str:
        return "" if _key_count(content) else gettext("GIFT needs a key")

    def write(self, content: Written) -> list[str]:
        right = f"~%{SHARES[_key_count(content)]}%"
        return [
            f"{right if option.key else '~%-100%'}{answer(option.text)}{feedback(option.rationale)}"
            for option in content.options
        ]

    def read(self, answers: Answers) -> dict[str, Any] | None:
        if answers.marks != {"~"}:
            return None
        options, total = _gift_options(answers)
        if total == 0:
            raise Refused("key", gettext("no answer is right; put = before the right one, or %50% before each of two."))
        if abs(total - 100) > SUM_TOLERANCE:
            raise Refused(
                "key",
                gettext("the shares of the right answers sum to %(total)s %%; they must add up to 100.")
                % {"total": f"{total:g}"},
            )
        return {"options": options}


def _true_or_false(is_true: bool, said: str, form: Form) -> dict[str, Any]:
    wrong, right = ([form.text(part) for part in split(said, "#")[1:3]] + ["", ""])[:2]
    options = [
        {"text": text, "key": key, "rationale": right if key else wrong}
        for text, key in (("True", is_true), ("False", not is_true))
    ]
    return {"shuffle": False, "options": tuple(options)}


def _gift_options(answers: Answers) -> tuple[tuple[dict[str, Any], ...], float]:
    """Return the options and how many percent the right ones are worth together."""
    options, total, form = [], 0.0, answers.form
    for mark, said in answers.marked:
        weight = 100.0 if mark == "=" else 0.0
        if mark == "~" and (found := WEIGHT.match(said)):
            weight, said = float(found[1]), said[found.end() :]
            if not -100 <= weight <= 100:
                raise Refused(
                    "options",
                    gettext("%(found)s is not a valid share; write one from -100 to 100.") % {"found": found[0]},
                )
        if "=" in answers.marks and mark == "~" and weight > 0:
            form.notes.append(
                gettext("“%(said)s” gave %(weight)s %% of the points; a wrong answer gives none here.")
                % {"said": said.strip()[:40], "weight": f"{weight:g}"}
            )
            weight = 0.0
        text, *rest = split(said, "#")
        rationale = form.text("#".join(rest)) if rest else ""
        options.append({"text": form.text(text), "key": weight > 0, "rationale": rationale})
        total += max(weight, 0.0)
    return tuple(options), total


# --- Moodle XML -------------------------------------------------------------------------------------------------


class SingleMoodle(MoodleMapping):
    types = ("multichoice", "truefalse")

    def write(self, question: Element, content: Written) -> None:
        _write_moodle(question, content, "true", "100")

    def read(self, question: MoodleQuestion) -> dict[str, Any] | None:
        if question.type == "truefalse":
            return _read_true_false(question)
        return _read_moodle(question, _one_key(question)) if question.is_true("single", "true") else None


class MultipleMoodle(MoodleMapping):
    types = ("multichoice", "multichoiceset")

    def write(self, question: Element, content: Written) -> None:
        # A draft may have no key yet.
        _write_moodle(question, content, "false", SHARES.get(_key_count(content), "100"))

    def read(self, question: MoodleQuestion) -> dict[str, Any] | None:
        if question.type == "multichoice" and question.is_true("single", "true"):
            return None
        # What the plug-in “all or nothing” writes is a set: every right answer is worth 100 %, and all are needed.
        is_set = question.type == "multichoiceset"
        return _read_moodle(question, [share > 0 for share in question.fractions()] if is_set else _keys(question))


def _write_moodle(question: Element, content: Written, single: str, worth: str) -> None:
    add(question, "single", single)
    add_shuffle(question, content)
    for option in content.options:
        add_option(question, option.text, option.rationale, worth if option.key else "0")


def _read_moodle(question: MoodleQuestion, keys: Sequence[bool]) -> dict[str, Any]:
    return {
        "shuffle": question.is_true("shuffleanswers", "false"),
        "options": [{**said, "key": key} for said, key in zip(question.answers(), keys, strict=True)],
    }


def _one_key(question: MoodleQuestion) -> list[bool]:
    fractions = question.fractions()
    best = max(fractions, default=0)
    if 0 < best < 100 - SUM_TOLERANCE:
        raise Refused(
            "options",
            gettext("the best answer is worth %(best)s %%; the right one must be worth 100 %%.")
            % {"best": f"{best:g}"},
        )
    question.notes += [
        gettext("answer %(number)s is worth %(fraction)s %% in Moodle; here it counts as wrong.")
        % {"number": number, "fraction": f"{fraction:g}"}
        for number, fraction in enumerate(fractions, 1)
        if 0 < fraction < 100 - SUM_TOLERANCE
    ]
    return [fraction >= 100 - SUM_TOLERANCE for fraction in fractions]


def _keys(question: MoodleQuestion) -> list[bool]:
    fractions = question.fractions()
    positive = [fraction for fraction in fractions if fraction > 0]
    if positive and abs(sum(positive) - 100) > SUM_TOLERANCE:
        raise Refused(
            "options",
            gettext("the positive percentages sum to %(positive)s; they must add up to 100.")
            % {"positive": f"{sum(positive):g}"},
        )
    if positive and max(positive) - min(positive) > SUM_TOLERANCE:
        question.notes.append(
            gettext("right answers are worth different percentages in Moodle; here all of them count, or none.")
        )
    return [fraction > 0 for fraction in fractions]


def _read_true_false(question: MoodleQuestion) -> dict[str, Any]:
    answers, fractions = question.element.findall("answer"), question.fractions()
    options = []
    for index, (said, word) in enumerate(zip(answers, ("True", "False"), strict=False)):
        text = said.findtext("text", "").strip().capitalize()
        # Old exports have these words in the language of the site; then their order says which is which.
        text = text if text in {"True", "False"} else word
        right = fractions[index] >= 100 - SUM_TOLERANCE
        options.append({"text": text, "key": right, "rationale": question.rationale(said, index)})
    if len(answers) != 2 or sum(bool(option["key"]) for option in options) != 1:
        raise Refused("options", gettext("a true/false question has two answers, one of them worth 100 %."))
    return {"shuffle": False, "options": options}


# --- QTI --------------------------------------------------------------------------------------------------------


class SingleQti(QtiMapping):
    interaction = "choiceInteraction"
    cardinality = "single"
    most = "1"

    def read(self, asked: Interaction) -> tuple[list[str], Item] | None:
        keys = set(asked.correct)
        # Some programs declare every response as a multiple one; how many may be chosen says what it is.
        is_one = get(asked.declaration, "cardinality") != "multiple" or (
            get(asked.element, "maxChoices") == "1" and len(keys) < 2
        )
        if is_one != (self.most == SingleQti.most):
            return None
        choices = simple_choices(asked)
        if not keys and asked.worth:
            best = max(asked.worth.values())
            keys = {key for key, points in asked.worth.items() if points > 0 and (not is_one or points == best)}
            asked.notes.append(gettext("the key is read from the mapping: what is worth points is right."))
        if missing := sorted(keys - set(choices)):
            known = ", ".join(identifier[:20] for identifier in list(choices)[:8]) or "none"
            raise Refused(
                "correctResponse",
                gettext("“%(missing)s” is not a choice of the item; the known ones are %(known)s.")
                % {"missing": missing[0][:40], "known": known},
            )
        marked = [replace(choice, key=identifier in keys) for identifier, choice in choices.items()]
        return list(choices), Item(tuple(marked), shuffle=_shuffles(asked))

    def correct(self, item: Item, identifiers: Sequence[str]) -> list[str]:
        return [identifier for identifier, choice in zip(identifiers, item.choices, strict=True) if choice.key]

    def interact(self, writer: Writer, body: Element, item: Item, identifiers: Sequence[str]) -> None:
        writer.add_interaction(body, self.interaction, item, identifiers, maxChoices=self.most)


class MultipleQti(SingleQti):
    cardinality = "multiple"
    most = "0"


def _shuffles(asked: Interaction) -> bool:
    if get(asked.element, "shuffle") != "true":
        return False
    if fixed := [choice for choice in children(asked.element, "simpleChoice") if get(choice, "fixed") == "true"]:
        asked.notes.append(
            gettext("%(count)s fixed options: none of the options is shuffled here.") % {"count": len(fixed)}
        )
    return not fixed
