"""A moment as one field: the admin's pair of fields has no label that a screen reader could tell."""

from typing import Any

from django import forms
from django.db import models


class MomentInput(forms.DateTimeInput):
    def __init__(self) -> None:
        super().__init__(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


MOMENT_FIELDS: dict[Any, Any] = {models.DateTimeField: {"form_class": forms.DateTimeField, "widget": MomentInput()}}
