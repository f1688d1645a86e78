"""What a person may enter: moments that every time zone can show, and numbers that every computation can hold.

The validators stand on the fields, so every form has them; what comes from elsewhere meets the constraint.
"""

import datetime as dt
from typing import TYPE_CHECKING

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


# Years of whose first and last day no time zone makes another century. Who means "never" leaves the field empty.
EARLIEST, LATEST = dt.datetime(2000, 1, 1, tzinfo=dt.UTC), dt.datetime(2100, 1, 1, tzinfo=dt.UTC)
_SAY = _("Choose a moment from 2000 to 2099, or leave this empty.")

# A form handed in without JavaScript must fit into DATA_UPLOAD_MAX_NUMBER_FIELDS.
MAX_QUESTIONS = 250
MAX_MINUTES = 7 * 24 * 60
# The longest real exam at 300 % extra time is nine hours over; more is a slip of the keyboard.
MAX_EXTENSION = 600
MAX_ATTEMPTS = 1000
MAX_SCALE = 10_000
MAX_CHAPTER = 999


def moment_field(help_text: "StrOrPromise" = "") -> models.DateTimeField:
    """Return a column for a moment that a person chooses, or none."""
    validators = [MinValueValidator(EARLIEST, _SAY), MaxValueValidator(LATEST, _SAY)]
    return models.DateTimeField(null=True, blank=True, validators=validators, help_text=help_text)


def in_this_century(name: str, *fields: str) -> models.CheckConstraint:
    """Return the constraint that these moments are none, or ones that `moment_field` takes."""
    condition = Q()
    for field in fields:
        condition &= Q(**{field: None}) | Q(**{f"{field}__gte": EARLIEST, f"{field}__lte": LATEST})
    return models.CheckConstraint(condition=condition, name=name, violation_error_message=_SAY)
