"""Reading what exam pages send. Fields of question 7 are named q7-…; see templates/exams/_question.html."""

import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import QueryDict

from exams.exceptions import InvalidResponse
from exams.services import Answer
from questions.content import MAX_OPTIONS

OPTION_NUMBERS = [(number, number) for number in range(MAX_OPTIONS)]
MAX_COUNT = 2**31 - 1
MAX_SECONDS = 7 * 24 * 3600


class AnswerForm(forms.Form):
    choice = forms.TypedMultipleChoiceField(choices=OPTION_NUMBERS, coerce=int, required=False)
    struck = forms.TypedMultipleChoiceField(choices=OPTION_NUMBERS, coerce=int, required=False)
    flag = forms.BooleanField(required=False)
    sequence = forms.IntegerField(min_value=0, max_value=MAX_COUNT)
    page = forms.RegexField(r"^[0-9a-zA-Z-]*$", max_length=32, required=False)
    count = forms.IntegerField(min_value=0, max_value=MAX_COUNT)
    seconds = forms.IntegerField(min_value=0, max_value=MAX_SECONDS)


def read_answer(data: QueryDict | Mapping[str, Any], position: int) -> Answer:
    """Return the answer to one question. Raises `InvalidResponse` naming the field that is wrong."""
    form = AnswerForm(data, prefix=f"q{position}")
    if not form.is_valid():
        field, errors = next(iter(form.errors.items()))
        raise InvalidResponse(f"Question {position}, {field}: {errors[0]}")
    return Answer(
        position=position,
        chosen=tuple(form.cleaned_data["choice"]),
        is_flagged=form.cleaned_data["flag"],
        struck=tuple(form.cleaned_data["struck"]),
        seconds_spent=form.cleaned_data["seconds"],
        sequence=form.cleaned_data["sequence"],
        page=form.cleaned_data["page"],
        count=form.cleaned_data["count"],
    )


def read_answers(data: QueryDict) -> list[Answer]:
    """Return the answers of all questions that the posted form holds."""
    positions = [int(match[1]) for name in data if (match := re.fullmatch(r"q(\d{1,4})-sequence", name))]
    return [read_answer(data, position) for position in sorted(positions)]


def read_seconds(data: QueryDict) -> dict[int, int]:
    """Return the seconds spent per position, also for questions of which the page sends nothing else."""
    seconds = {}
    for name in data:
        if match := re.fullmatch(r"q(\d{1,4})-seconds", name):
            try:
                seconds[int(match[1])] = forms.IntegerField(min_value=0, max_value=MAX_SECONDS).clean(data[name])
            except forms.ValidationError as error:
                raise InvalidResponse(f"Question {match[1]}, seconds: {error.messages[0]}") from None
    return seconds
