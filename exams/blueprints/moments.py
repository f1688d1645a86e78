from typing import Any

from django.db import models

from accounts.moments import MomentField, MomentInput

MOMENT_FIELDS: dict[Any, Any] = {models.DateTimeField: {"form_class": MomentField, "widget": MomentInput()}}
