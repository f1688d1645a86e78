"""The admin's forms know which version of a row they were opened on, for every model that is registered."""

from dataclasses import replace
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from accounts.versions import OPENED, VersionedForm, versioned
from questions.diffing import diff_words


class VersionedAdmin(admin.ModelAdmin):
    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is not None and self.has_change_permission(request, obj):
            kwargs["form"] = versioned(kwargs.get("form", self.form))
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Add the hidden field where the fields of a page are listed."""
        fieldsets = super().get_fieldsets(request, obj)
        listed = {name for _, options in fieldsets for name in options["fields"]}
        if obj is None or OPENED in listed or not self.has_change_permission(request, obj):
            return fieldsets
        *others, (name, options) = fieldsets
        return [*others, (name, {**options, "fields": [*options["fields"], OPENED]})]

    def get_inline_instances(self, request: HttpRequest, obj: Any = None) -> Any:
        inlines = super().get_inline_instances(request, obj)
        can_change = obj is None or self.has_change_permission(request, obj)  # else it would be a column to read
        for inline in inlines:
            inline.form = versioned(inline.form)
            is_form = can_change and inline.has_change_permission(request, obj)
            if is_form and inline.fields and OPENED not in inline.fields:
                inline.fields = [*inline.fields, OPENED]  # type: ignore[misc]  # of this instance, made for this request
        return inlines

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        own = context["adminform"].form
        rows = [form for formset in context["inline_admin_formsets"] for form in formset.formset.forms]
        context["conflicts"] = [
            replace(
                conflict,
                label=conflict.label if form is own else f"{form.instance}: {conflict.label}",
                pieces=diff_words(conflict.theirs, conflict.mine),
            )
            for form in [own, *rows]
            if isinstance(form, VersionedForm)
            for conflict in form.conflicts
        ]
        return super().render_change_form(request, context, *args, **kwargs)
