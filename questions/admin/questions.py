from itertools import zip_longest
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import Left
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.access import signed_in
from questions import services
from questions.admin.bulk import BULK_ACTIONS
from questions.admin.filters import QUESTION_FILTERS
from questions.admin.imports import ImportPages, export_selected
from questions.admin.pages import QuestionPages
from questions.exceptions import QuestionRefused
from questions.forms import (
    OPTION_PARTS,
    QuestionForm,
    answer_field,
    latest_revision,
    option_field,
)
from questions.kinds import KIND_CHOICES, KINDS
from questions.models import Question, QuestionTask, Revision
from questions.placing import PlacementFormSet, SkillField, TaskField
from questions.queries import skill_labels, task_labels


class PlacementInline(admin.TabularInline):
    model = QuestionTask
    formset = PlacementFormSet
    extra = 0
    min_num = 1
    verbose_name_plural = _("tasks (one per certification)")

    def get_queryset(self, request: HttpRequest) -> QuerySet[QuestionTask]:
        return super().get_queryset(request).select_related("task__domain__certification", "skill")

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        # A table of fields has headings, but no labels.
        if db_field.name == "task":
            field = TaskField(task_labels())
            field.widget.attrs["aria-label"] = gettext("Task")
            return field
        if db_field.name == "skill":
            skill = SkillField(skill_labels(), required=False)
            skill.widget.attrs["aria-label"] = gettext("Skill")
            return skill
        return super().formfield_for_dbfield(db_field, request, **kwargs)


def kept(question: Question, kind: str) -> str:
    """Return the query that starts the next question with what this one was filed under."""
    return urlencode(
        {
            "kind": kind,
            "difficulty": question.difficulty,
            "tag_names": ", ".join(map(str, question.tags.all())),
            "task": ",".join(str(pk) for pk in question.placements.values_list("task", flat=True)),
            "skill": ",".join(str(pk or 0) for pk in question.placements.values_list("skill", flat=True)),
        }
    )


@admin.register(Question)
class QuestionAdmin(ImportPages, QuestionPages):
    form = QuestionForm
    inlines = [PlacementInline]
    list_display = ["code", "stem_start", "status", "kind", "difficulty", "reviewer", "updated_at"]
    list_filter = QUESTION_FILTERS  # type: ignore[assignment]  # the stubs know no filters of one's own in a name
    list_select_related = ["reviewer"]
    list_per_page = 50
    # A count of all questions beside the count of those found: a second look at every row of a large bank.
    show_full_result_count = False
    search_fields = ["code"]
    readonly_fields = ["status", "standing"]
    actions = [*BULK_ACTIONS, export_selected]
    fieldsets = (
        (None, {"fields": [("status", "standing"), ("code", "difficulty", "tag_names"), "is_reserved"]}),
        (_("Question"), {"fields": ["kind", "case", "stem", "shuffle_options"]}),
        *(  # type: ignore[arg-type]  # the stubs do not take a generator
            (
                format_lazy(_("Option {number}"), number=number),
                {"fields": [option_field(number, name) for name in OPTION_PARTS], "classes": ["option"]},
            )
            for number in range(1, 9)
        ),
        *(  # type: ignore[arg-type]  # as above
            (
                format_lazy(_("Answer: {kind}"), kind=room.label),
                {
                    "fields": [answer_field(room, field) for field in room.fields],
                    "classes": ["answer", f"answer-{room.name}"],
                },
            )
            for room in KINDS.values()
            if room.fields
        ),
        (_("Further matches"), {"fields": ["decoys"], "classes": ["decoys"]}),
        (_("For the review"), {"fields": ["explanation", "references", "service_note", "valid_as_of"]}),
    )

    class Media:
        js = ["questions/writing.js"]
        css = {"all": ["site/question.css"]}

    # --- The list -------------------------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[Question]:
        latest = Revision.objects.filter(question=OuterRef("pk")).order_by("-number")
        questions: QuerySet[Question] = super().get_queryset(request)
        return questions.annotate(
            latest_stem=Subquery(latest.values(start=Left("stem", 100))[:1]),
            latest_kind=Subquery(latest.values("kind")[:1]),
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Question], search_term: str
    ) -> tuple[QuerySet[Question], bool]:
        """Find each word in the stem, or the whole as a part of the code or as the id in the source.

        Each by itself, so that each can use its index; see the migration `0006_search`.
        """
        term = search_term.strip()
        if not term:
            return queryset, False
        in_stem = Revision.objects.order_by()
        for word in term.split():
            in_stem = in_stem.filter(stem__icontains=word)
        found = in_stem.values("question").union(
            Question.objects.order_by().filter(code__icontains=term).values("pk"),
            Question.objects.order_by().filter(source_id=term).values("pk"),
        )
        return queryset.filter(pk__in=found), False

    @admin.display(description=_("stem"))
    def stem_start(self, question: Question) -> str:
        return f"{getattr(question, 'latest_stem', '') or ''}…"

    @admin.display(description=_("kind"))
    def kind(self, question: Question) -> str:
        return str(dict(KIND_CHOICES).get(getattr(question, "latest_kind", ""), "–"))

    # --- The form -------------------------------------------------------------------------------------------------

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # old attempts show it: retire it instead

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {name: request.GET[name] for name in ("kind", "difficulty", "tag_names") if name in request.GET}

    def get_formset_kwargs(self, request: HttpRequest, obj: Question, inline: Any, prefix: str) -> dict[str, Any]:
        kwargs: dict[str, Any] = super().get_formset_kwargs(request, obj, inline, prefix)
        if request.method == "GET" and obj._state.adding:
            tasks, skills = (
                [int(pk) for pk in request.GET.get(name, "").split(",")[:10] if pk.isdecimal()]
                for name in ("task", "skill")
            )
            kwargs["initial"] = [
                {"task": task, "skill": skill or None} for task, skill in zip_longest(tasks, skills[: len(tasks)])
            ]
        return kwargs

    @admin.display(description=_("what candidates get"))
    def standing(self, question: Question) -> str:
        if question._state.adding:
            return gettext("nothing until the question is published")
        latest, published = latest_revision(question), question.published_revision
        if question.status == Question.Status.RETIRED:
            return gettext("retired: new exams do not draw it, old results keep it")
        if published is None:
            return gettext("nothing until the question is published")
        if latest and latest.pk != published.pk:
            return gettext("revision %(published)s; the text below is the draft of revision %(latest)s") % {
                "published": published.number,
                "latest": latest.number,
            }
        return gettext("revision %(number)s, the text below") % {"number": published.number}

    # --- Saving: the question's own fields by the admin, its content by a service ----------------------------------

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        question, by, now = form.instance, signed_in(request), timezone.now()
        services.set_tags(question=question, names=form.cleaned_data["tag_names"])
        services.save_draft(question=question, content=form.content, by=by, now=now)
        if form.ignored:
            kind = form.fields["kind"].choices
            label = dict(kind)[form.content.kind]
            text = gettext("Not saved, because questions of the kind “%(kind)s” do not use it: %(parts)s.") % {
                "kind": label,
                "parts": ", ".join(form.ignored),
            }
            self.message_user(request, text, messages.WARNING)
        if "_publish" in request.POST:
            try:
                services.publish(question=question, by=by, now=now)
            except QuestionRefused as refusal:
                self.message_user(
                    request,
                    gettext("%(question)s was saved but not published. %(refusal)s")
                    % {"question": question, "refusal": refusal},
                    messages.ERROR,
                )
            else:
                self.message_user(
                    request, gettext("%(question)s is published.") % {"question": question}, messages.SUCCESS
                )

    def response_change(self, request: HttpRequest, obj: Question) -> HttpResponse:
        return self._next_page(request, obj) or super().response_change(request, obj)

    def response_add(self, request: HttpRequest, obj: Question, post_url_continue: str | None = None) -> HttpResponse:
        return self._next_page(request, obj) or super().response_add(request, obj, post_url_continue)

    def _next_page(self, request: HttpRequest, question: Question) -> HttpResponse | None:
        if "_preview" in request.POST:
            return HttpResponseRedirect(reverse("admin:questions_question_preview", args=[question.pk]))
        if "_publish" in request.POST:
            return HttpResponseRedirect(reverse("admin:questions_question_change", args=[question.pk]))
        if "_addanother" in request.POST:
            self.message_user(
                request,
                gettext("%(question)s was saved. You can write the next question.") % {"question": question},
                messages.SUCCESS,
            )
            query = kept(question, request.POST.get("kind", ""))
            return HttpResponseRedirect(f"{reverse('admin:questions_question_add')}?{query}")
        return None
