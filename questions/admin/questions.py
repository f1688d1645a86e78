from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from questions import services
from questions.exceptions import QuestionRefused
from questions.forms import FORM_OPTIONS, PlacementFormSet, QuestionForm, latest_revision, option_field
from questions.models import Domain, Question, QuestionTask, Task
from questions.queries import previewed


class PlacementInline(admin.TabularInline):
    model = QuestionTask
    formset = PlacementFormSet
    extra = 0
    min_num = 1
    verbose_name_plural = "tasks: one per certification"

    def get_queryset(self, request: HttpRequest) -> QuerySet[QuestionTask]:
        return super().get_queryset(request).select_related("task__domain__certification")

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        # A plain list: the admin's search field has no name that a screen reader could tell.
        tasks = Task.objects.select_related("domain__certification")
        kwargs["queryset"] = tasks.order_by("domain__certification", "code")
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if field:
            field.widget.attrs["aria-label"] = "Task"  # a table of fields has headings, but no labels
        return field


class TaskFilter(admin.SimpleListFilter):
    title = "domain"
    parameter_name = "domain"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        domains = Domain.objects.select_related("certification")
        return [(str(domain.pk), str(domain)) for domain in domains]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Question]) -> QuerySet[Question]:
        domain = self.value()
        return queryset.filter(placements__domain_id=domain) if domain else queryset


@admin.register(Question)
class QuestionAdmin(admin.ModelAdmin):
    form = QuestionForm
    inlines = [PlacementInline]
    list_display = ["code", "status", "stem_start", "difficulty", "updated_at"]
    list_filter = ["status", TaskFilter, "difficulty"]
    list_per_page = 50
    search_fields = ["code", "source_id", "revisions__stem"]
    readonly_fields = ["status", "standing"]
    actions = ["publish_selected", "retire_selected"]
    fieldsets = (
        (None, {"fields": [("status", "standing"), ("code", "difficulty", "tags")]}),
        ("Question", {"fields": ["kind", "stem", "shuffle_options"]}),
        *(  # type: ignore[arg-type]  # the stubs do not take a generator
            (
                f"Option {number}",
                {
                    "fields": [option_field(number, name) for name in ("text", "key", "rationale")],
                    "classes": ["collapse"] if number > 4 else [],
                },
            )
            for number in range(1, FORM_OPTIONS + 1)
        ),
        ("For the review", {"fields": ["explanation", "references", "service_note", "valid_as_of"]}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Question]:
        return super().get_queryset(request).select_related("published_revision").prefetch_related("revisions")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # old attempts show it: retire it instead

    @admin.display(description="stem")
    def stem_start(self, question: Question) -> str:
        revisions = question.revisions.all()
        return f"{revisions[0].stem[:90]}…" if revisions else ""

    @admin.display(description="what candidates get")
    def standing(self, question: Question) -> str:
        if question._state.adding:
            return "nothing until it is published"
        latest, published = latest_revision(question), question.published_revision
        if question.status == Question.Status.RETIRED:
            return "retired: no new exam draws it, old results keep it"
        if published is None:
            return "nothing until it is published"
        if latest and latest.pk != published.pk:
            return f"revision {published.number}; the text below is the draft of revision {latest.number}"
        return f"revision {published.number}, the text below"

    # --- Saving: the question's own fields by the admin, its content by a service ----------------------------------

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        services.set_tags(question=form.instance, names=form.cleaned_data["tags"])
        services.save_draft(question=form.instance, content=form.content, by=request.user)  # type: ignore[arg-type]
        if "_publish" in request.POST:
            self._do(request, form.instance, "published", publish=True)
        for button, status in (("_review", Question.Status.IN_REVIEW), ("_retire", Question.Status.RETIRED)):
            if button in request.POST:
                self._do(request, form.instance, Question.Status(status).label, to=status)

    def _do(self, request: HttpRequest, question: Question, word: str, *, publish: bool = False, to: str = "") -> None:
        """Call the service; say in the page what it refused."""
        try:
            if publish:
                services.publish(question=question, now=timezone.now())
            else:
                services.change_status(question=question, to=to)
        except QuestionRefused as refusal:
            self.message_user(request, f"{question}: saved, but not {word}. {refusal}", messages.ERROR)
        else:
            self.message_user(request, f"{question} is {word}.", messages.SUCCESS)

    def response_change(self, request: HttpRequest, obj: Question) -> HttpResponse:
        return self._to_preview(request, obj) or super().response_change(request, obj)

    def response_add(self, request: HttpRequest, obj: Question, post_url_continue: str | None = None) -> HttpResponse:
        return self._to_preview(request, obj) or super().response_add(request, obj, post_url_continue)

    def _to_preview(self, request: HttpRequest, question: Question) -> HttpResponse | None:
        if "_preview" in request.POST:
            return HttpResponseRedirect(reverse("admin:questions_question_preview", args=[question.pk]))
        if {"_publish", "_review", "_retire"} & request.POST.keys():
            return HttpResponseRedirect(reverse("admin:questions_question_change", args=[question.pk]))
        return None

    # --- Preview ----------------------------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        preview = path(
            "<path:object_id>/preview/",
            self.admin_site.admin_view(self.preview_view),
            name="questions_question_preview",
        )
        return [preview, *super().get_urls()]

    def preview_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The latest revision as candidates see it: during the exam and in the review."""
        question = self.get_object(request, object_id)
        revision = latest_revision(question) if question else None
        if question is None or revision is None or not self.has_view_permission(request, question):
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined,no-any-return]
        context = {
            **self.admin_site.each_context(request),
            "question": question,
            "revision": revision,
            "item": previewed(revision),
            "opts": self.opts,
            "title": f"Preview of {question}",
        }
        return render(request, "admin/questions/question/preview.html", context)

    # --- Many at once -------------------------------------------------------------------------------------------------

    @admin.action(description="Publish the selected questions", permissions=["change"])
    def publish_selected(self, request: HttpRequest, questions: QuerySet[Question]) -> None:
        for question in questions:
            self._do(request, question, "published", publish=True)

    @admin.action(description="Retire the selected questions", permissions=["change"])
    def retire_selected(self, request: HttpRequest, questions: QuerySet[Question]) -> None:
        for question in questions:
            self._do(request, question, "retired", to=Question.Status.RETIRED)
