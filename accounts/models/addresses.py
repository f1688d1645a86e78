"""E-mail addresses and names as fields: in one form and harmless, wherever they enter."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models

from accounts.addresses import address_problem, name_problem, normalize_address, one_line_problem


def validate_address(address: str) -> None:
    """Refuse what is not an address, or one that could be taken for another person's."""
    if "@" in address and (problem := address_problem(address)):
        raise ValidationError(problem, code="invalid")
    validate_email(address)


def validate_name(name: str) -> None:
    if problem := name_problem(name):
        raise ValidationError(problem, code="invalid")


def validate_one_line(text: str) -> None:
    if problem := one_line_problem(text):
        raise ValidationError(problem, code="invalid")


class AddressFormField(forms.EmailField):
    """An address as somebody typed or pasted it; its value is the normalized one."""

    default_validators = [validate_address]

    def to_python(self, value: Any) -> str:
        return normalize_address(super().to_python(value) or "")


class AddressField(models.EmailField):
    """An address in its normalized form. What it is compared with gets that form, too."""

    default_validators = [validate_address]

    def to_python(self, value: Any) -> Any:
        return normalize_address(value) if isinstance(value, str) else super().to_python(value)

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return normalize_address(value) if isinstance(value, str) else value

    def formfield(self, *args: Any, **kwargs: Any) -> Any:
        return super().formfield(*args, **{"form_class": AddressFormField, **kwargs})
