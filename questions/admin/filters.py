"""The filters of the list of questions. Each asks with EXISTS or by a column: a join would count a question twice."""

from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from questions.kinds import KIND_CHOICES
from questions.models import Certification, Domain, Question, QuestionEvent, QuestionTask, Revision, Skill, Tag


class ByCertification(admin.SimpleListFilter):
    title = _("certification")
    parameter_name = "certification"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(pk), code.upper()) for pk, code in Certification.objects.values_list("pk", "code")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Question]) -> QuerySet[Question]:
        return _placed(queryset, certification=self.value()) if self.value() else queryset


class ByDomain(admin.SimpleListFilter):
    title = _("domain")
    parameter_name = "domain"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(domain.pk), str(domain)) for domain in Domain.objects.select_related("certification")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Question]) -> QuerySet[Question]:
        return _placed(queryset, domain=self.value()) if self.value() else queryset


class BySkill(admin.SimpleListFilter):
    """The skills of the certification or domain that is chosen already: all of them would be a wall of names."""

    title = _("skill")
    parameter_name = "skill"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        where = {
            "task__domain": request.GET.get("domain", ""),
            "task__domain__certification": request.GET.get("certification", ""),
            "task__domain__certification__domains__tasks__skills": request.GET.get("skill", ""),
        }
        chosen = {name: int(pk) for name, pk in where.items() if pk.isdecimal() and len(pk) < 19}
        if not chosen:
            return []
        skills = Skill.objects.order_by("task__domain__number", "task__code", "position")
        if found := [(str(skill.pk), skill.label) for skill in skills.filter(**chosen)]:
            return [*found, ("none", gettext("no skill named"))]
        return []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Question]) -> QuerySet[Question]:
        if self.value() == "none":
            # With ByDomain and ByCertification beside it, one placement must be meant by all of them.
            where = {name: pk for name in ("domain", "certification") if (pk := request.GET.get(name))}
            return _placed(queryset, skill=None, task__skills__isnull=False, **where)
        return _placed(queryset, skill=self.value()) if self.value() else queryset


def _placed(queryset: QuerySet[Question], **where: Any) -> QuerySet[Question]:
    return queryset.filter(Exists(QuestionTask.objects.filter(question=OuterRef("pk"), **where)))


class ByKind(admin.SimpleListFilter):
    title = _("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, str(label)) for name, label in KIND_CHOICES]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Question]) -> QuerySet[Question]:
        if not self.value():
            return queryset
        return queryset.filter(Exists(Revision.objects.filter(question=OuterRef("pk"), kind=self.value())))


class ByTag(admin.SimpleListFilter):
    title = _("tag")
    parameter_name = "tag"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, name) for name in Tag.objects.values_list("name", flat=True)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Question]) -> QuerySet[Question]:
        if not self.value():
            return queryset
        tagged = Question.tags.through.objects.filter(question=OuterRef("pk"), tag__name=self.value())
        return queryset.filter(Exists(tagged))


class ByReviewer(admin.SimpleListFilter):
    title = _("review")
    parameter_name = "review"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("mine", gettext("waiting for my review")), ("any", gettext("waiting for anybody's review"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Question]) -> QuerySet[Question]:
        if self.value() == "mine":
            return queryset.filter(reviewer=request.user.pk)
        return queryset.filter(reviewer__isnull=False) if self.value() == "any" else queryset


class ByDraft(admin.SimpleListFilter):
    title = _("unpublished revision")
    parameter_name = "draft"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", gettext("yes")), ("no", gettext("no"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Question]) -> QuerySet[Question]:
        draft = Exists(Revision.objects.filter(question=OuterRef("pk"), published_at__isnull=True))
        if self.value() == "yes":
            return queryset.filter(draft)
        return queryset.filter(~draft) if self.value() == "no" else queryset


class ByLoss(admin.SimpleListFilter):
    title = _("import")
    parameter_name = "losses"
    # Words of the notes that the formats make: see `questions.formats.base.Loss`.
    WORDS = {
        "pictures": ("<img", "<svg", "<picture", "<object", "<canvas", "picture", "<map"),
        "formulas": ("formula", "<math"),
        "formatting": ("formatting",),
        "sound or video": ("<audio", "<video", "<iframe", "<embed"),
        "tables": ("table “",),
        "feedback": ("feedback", "hints", "rubric"),
        "languages": ("the language",),
        "links": ("link:",),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        labels = {
            "pictures": gettext("pictures"),
            "formulas": gettext("formulas"),
            "formatting": gettext("formatting"),
            "sound or video": gettext("sound or video"),
            "tables": gettext("tables"),
            "feedback": gettext("feedback"),
            "languages": gettext("languages"),
            "links": gettext("links"),
        }
        return [
            ("any", gettext("with losses")),
            *((name, gettext("%(part)s left out") % {"part": label}) for name, label in labels.items()),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Question]) -> QuerySet[Question]:
        if not self.value():
            return queryset
        lost = QuestionEvent.objects.filter(question=OuterRef("pk")).exclude(losses="")
        named = Q()  # any
        for word in self.WORDS.get(str(self.value()), ()):
            named |= Q(losses__icontains=word)
        return queryset.filter(Exists(lost.filter(named)))


QUESTION_FILTERS = [
    *("status", ByReviewer, ByDraft, ByLoss),
    *(ByCertification, ByDomain, BySkill, ByKind, "difficulty", ByTag),
]
