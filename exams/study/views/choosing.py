"""What to practise: the builder, how many there are, the start, and sets."""

import datetime as dt
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import candidate_required, signed_in
from accounts.models import User
from exams.cohorts.access import own_cohorts
from exams.exceptions import PracticeRefused
from exams.study.access import set_to_practise
from exams.study.criteria import Criteria, Pool, from_json
from exams.study.forms import BuilderForm, as_data
from exams.study.models import Practice, PracticeSet
from exams.study.queries.choices import certification_for, choices_of, pool_label, title_for, words_of
from exams.study.queries.pool import matching
from exams.study.queries.practices import practices_finished, practices_under_way, sets_of
from exams.study.services.practising import start_chosen
from exams.study.services.sets import assign_set, keep_set, withdraw_set
from questions.models import Certification, Question


@never_cache
@require_safe
@candidate_required
def builder(request: HttpRequest) -> HttpResponse:
    """Choose what to practise; the address may say what is chosen already. Under it what there is to go on with."""
    is_chosen = bool(BuilderForm.base_fields.keys() & request.GET.keys())
    form = BuilderForm(request.GET if is_chosen else as_data(Criteria()))
    return _builder_page(request, form, request.GET.get("certification", ""))


def _builder_page(request: HttpRequest, form: BuilderForm, code: str, status: int = 200) -> HttpResponse:
    user = signed_in(request)
    certification = certification_for(user, code)
    context: dict[str, Any] = {
        "form": form,
        "certification": certification,
        "certifications": Certification.objects.all(),
        "under_way": practices_under_way(user, timezone.now()),
        "finished": practices_finished(user),
        "sets": sets_of(user),
    }
    if certification:
        is_valid = form.is_valid()
        context |= {
            "choices": choices_of(certification),
            "chosen": form.cleaned_data,
            "pools": [(pool.value, pool_label(pool)) for pool in Pool],
            "difficulties": Question.Difficulty.choices,
            "feedbacks": Practice.Feedback.choices,
            "available": matching(user, certification, form.criteria()).count() if is_valid else None,
        }
    return render(request, "exams/study/builder.html", context, status=status)


@never_cache
@require_safe
@candidate_required
def practice_count(request: HttpRequest) -> HttpResponse:
    """Say how many questions there are with the choices made so far."""
    user = signed_in(request)
    form, certification = BuilderForm(request.GET), certification_for(user, request.GET.get("certification", ""))
    context: dict[str, Any] = {"form": form}
    if certification and form.is_valid():
        context["available"] = matching(user, certification, form.criteria()).count()
    return render(request, "exams/study/_available.html", context)


@never_cache
@require_POST
@candidate_required
def practice_start(request: HttpRequest) -> HttpResponse:
    """Start a practice, and keep the choices as a set where they were given a name. Without a field: ten questions."""
    user, now, code = signed_in(request), timezone.now(), request.POST.get("certification", "")
    form = BuilderForm(request.POST)
    certification = certification_for(user, code)
    if not form.is_valid() or certification is None:
        return _builder_page(request, form, code, status=400)
    criteria, name = form.criteria(), form.cleaned_data["title"]
    try:
        practice_set = _kept(user, certification, name, criteria, now) if name else None
        practice = start_chosen(
            candidate=user,
            certification=certification,
            criteria=criteria,
            title=name or title_for(criteria, certification),
            practice_set=practice_set,
            now=now,
        )
    except PracticeRefused as refusal:
        form.add_error(None, str(refusal))
        return _builder_page(request, form, code, status=400)
    return redirect("exams:practice-run", practice_id=practice.pk)


def _kept(user: User, certification: Certification, name: str, criteria: Criteria, now: dt.datetime) -> PracticeSet:
    return keep_set(owner=user, certification=certification, title=name, criteria=criteria, now=now)


# --- Sets -------------------------------------------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@candidate_required
def practice_set(request: HttpRequest, set_id: UUID) -> HttpResponse:
    """Say what a set is, and start it; an instructor gives it to a cohort."""
    user, now = signed_in(request), timezone.now()
    chosen = set_to_practise(user, set_id)
    criteria = from_json(chosen.criteria)
    if request.method == "POST":
        try:
            practice = start_chosen(
                candidate=user,
                certification=chosen.certification,
                criteria=criteria,
                title=chosen.title,
                practice_set=chosen,
                now=now,
            )
        except PracticeRefused as refusal:
            messages.error(request, str(refusal))
            return redirect("exams:practice-set", set_id=set_id)
        return redirect("exams:practice-run", practice_id=practice.pk)
    cohorts = own_cohorts(user).order_by("name")
    given_to = set(chosen.cohorts.values_list("pk", flat=True))
    query: QueryDict = QueryDict(mutable=True)
    for name, values in as_data(criteria).lists():
        query.setlist(name, values)
    query["certification"] = chosen.certification.code
    context = {
        "set": chosen,
        "is_own": chosen.owner_id == user.pk,
        "words": words_of(criteria, chosen.certification),
        "available": matching(user, chosen.certification, criteria).count(),
        "query": query.urlencode(),
        "cohorts": [(cohort, cohort.pk in given_to) for cohort in cohorts],
    }
    return render(request, "exams/study/set.html", context)


@require_POST
@candidate_required
def practice_set_assign(request: HttpRequest, set_id: UUID, cohort_id: int) -> HttpResponse:
    """Give the set to a cohort that this person teaches, or take it back."""
    user = signed_in(request)
    chosen = set_to_practise(user, set_id)
    cohort = get_object_or_404(own_cohorts(user), pk=cohort_id)
    said = {"set": chosen.title, "cohort": cohort}
    if request.POST.get("then") == "withdraw":
        withdraw_set(practice_set=chosen, cohort=cohort, by=user)
        messages.success(request, _("%(cohort)s no longer has “%(set)s”.") % said)
    else:
        assign_set(practice_set=chosen, cohort=cohort, by=user, now=timezone.now())
        messages.success(request, _("%(cohort)s now has “%(set)s”.") % said)
    return redirect("exams:practice-set", set_id=set_id)
