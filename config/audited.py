"""What the admin of every model leaves in the audit log, in one place: so that a new model cannot forget it."""

from collections.abc import Collection
from typing import Any

from django.contrib import admin
from django.contrib.admin import helpers
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from accounts import audit
from accounts.models import User

# Never written down, whatever model has them: what opens an account or a cohort, and files.
SECRET = {
    "password",
    "invite_token",
    "key",
    "secret",
    "session_key",
    "session_data",
    "session_epoch",
    "data",
    "content",
}
# A list of rows changed at once is compared row by row up to this number.
MOST_AT_ONCE = 1_000

State = dict[str, Any]


def states(model: type[Model], ids: Collection[Any]) -> dict[Any, State]:
    """Return what each of these rows says, rows of other tables by their ids: one query, and one a many-to-many."""
    names = [
        field.attname
        for field in model._meta.concrete_fields
        if not (field.name in SECRET or getattr(field, "auto_now", False))
    ]
    rows = model._base_manager.filter(pk__in=ids).values("pk", *names)
    found: dict[Any, State] = {row.pop("pk"): row for row in map(dict, rows)}
    for field in model._meta.many_to_many:
        through: Any = field.remote_field.through
        if not through._meta.auto_created:
            continue
        own, other = field.m2m_field_name(), field.m2m_reverse_field_name()
        for state in found.values():
            state[field.name] = []
        for pk, related in (
            through._base_manager.filter(**{f"{own}__in": list(found)}).order_by(other).values_list(own, other)
        ):
            found[pk][field.name].append(related)
    return found


def difference(before: State, after: State) -> tuple[State, State]:
    """Return of both only what is not the same."""
    changed = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return (
        {name: before[name] for name in changed if name in before},
        {name: after[name] for name in changed if name in after},
    )


class AuditedAdmin(admin.ModelAdmin):
    """Records each row that the admin's own pages add, change or delete, with what it said before and after."""

    def _actor(self, request: HttpRequest) -> User | None:
        return request.user if isinstance(request.user, User) else None

    def _record(self, request: HttpRequest, verb: str, obj: Model, before: State, after: State) -> None:
        before, after = difference(before, after)
        if before or after:
            name = f"{self.opts.model_name}.{verb}"
            audit.record(name, by=self._actor(request), target=obj, before=before, after=after)

    def _state(self, request: HttpRequest, obj: Model) -> State:
        """Return what a row says, with the rows that are edited on its page."""
        state: State = states(self.model, [obj.pk]).get(obj.pk, {})
        for inline in self.get_inline_instances(request, obj):
            if not any(getattr(inline, f"has_{may}_permission")(request, obj) for may in ("add", "change", "delete")):
                continue
            formset: Any = inline.get_formset(request, obj)
            children = formset.model._base_manager.filter(**{formset.fk.name: obj})
            rows = states(formset.model, children.values_list("pk", flat=True)).values()
            state[inline.opts.label_lower.partition(".")[2]] = list(rows)
        return state

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        form.audited_before = self._state(request, obj) if change else {}
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        verb = "changed" if change else "added"
        self._record(request, verb, form.instance, form.audited_before, self._state(request, form.instance))

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        with transaction.atomic():
            self._record(request, "deleted", obj, self._state(request, obj), {})
            super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        with transaction.atomic():
            for obj in queryset:
                self._record(request, "deleted", obj, self._state(request, obj), {})
            super().delete_queryset(request, queryset)

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any], *args: Any, **kwargs: Any) -> Any:
        """Compare the chosen rows before and after what was done with them. Deletions record themselves."""
        chosen = self._chosen(request, queryset)
        before = states(self.model, chosen)
        response = super().response_action(request, queryset, *args, **kwargs)
        after = states(self.model, chosen)
        objects = self.model._base_manager.in_bulk([pk for pk in after if before.get(pk) != after[pk]])
        for pk, obj in objects.items():
            self._record(request, "changed", obj, before[pk], after[pk])
        return response

    def _chosen(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        pks = request.POST.getlist(helpers.ACTION_CHECKBOX_NAME)[:MOST_AT_ONCE]
        if request.POST.get("select_across") == "1":
            return list(queryset.values_list("pk", flat=True)[:MOST_AT_ONCE])
        return list(queryset.filter(pk__in=pks).values_list("pk", flat=True))
