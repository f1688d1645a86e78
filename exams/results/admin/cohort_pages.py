"""The pages of one cohort: its people, how far they are, and what one of them gets.

A cohort of somebody else and one that does not exist give the same 404.
"""

import datetime as dt
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.formats import localize
from django.utils.text import slugify
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts import audit, reauthentication
from accounts.access import signed_in
from accounts.links import absolute
from accounts.models import User
from exams.attempts.models import Attempt, Extension
from exams.attempts.services.closing import sweep
from exams.attempts.services.extending import accommodate, extend_assignment, extend_attempt
from exams.cohorts import services as cohorts_services
from exams.cohorts.access import own_cohorts
from exams.cohorts.forms import QUICK_MINUTES, AccommodationForm, ExtensionForm
from exams.cohorts.invitees import InviteeList, InviteesForm
from exams.cohorts.models import Accommodation, Assignment, Cohort
from exams.cohorts.services import Standing, invite, remove_member, renew_link, withdraw_invitation
from exams.exceptions import ExtensionRefused, MembershipRefused
from exams.results.admin.progress import arranged
from exams.results.queries.cohorts import (
    LABELS,
    MEMBER,
    STATES,
    assignments_of,
    by_domain,
    domain_rows,
    progress,
    progress_table,
)
from exams.results.tables import TABLE_FILES
from exams.scoring.queries import tallies_of


class CohortPages(admin.ModelAdmin):
    """What the admin of cohorts has besides the admin's own pages."""

    def get_urls(self) -> list[URLPattern]:
        pages: list[tuple[str, Callable[..., HttpResponse], str]] = [
            ("<int:cohort_id>/people/", self.people_view, "people"),
            ("<int:cohort_id>/progress/", self.progress_view, "progress"),
            ("<int:cohort_id>/progress/export/<str:file_format>/", self.export_view, "export"),
            ("<int:cohort_id>/members/<int:candidate_id>/", self.member_view, "member"),
            ("<int:cohort_id>/assignments/<int:assignment_id>/extend/", self.extend_view, "extend"),
        ]
        own = [
            path(route, self.admin_site.admin_view(view), name=f"exams_cohort_{name}") for route, view, name in pages
        ]
        return [*own, *super().get_urls()]

    def _own(self, request: HttpRequest, cohort_id: int) -> Cohort:
        if not self.has_change_permission(request):
            raise PermissionDenied
        return get_object_or_404(own_cohorts(request.user), pk=cohort_id)

    def _render(self, request: HttpRequest, page: str, cohort: Cohort, title: str, **context: Any) -> HttpResponse:
        context |= {**self.admin_site.each_context(request), "opts": self.opts, "cohort": cohort, "title": title}
        return render(request, f"admin/exams/cohort/{page}.html", context)

    def _done(self, request: HttpRequest, cohort: Cohort, said: str, kept: str) -> None:
        """Say what was done, and keep it in the cohort's history with who did it."""
        self.log_change(request, cohort, kept)
        self.message_user(request, said, messages.SUCCESS)

    # --- Who is in it ------------------------------------------------------------------------------------------

    def people_view(self, request: HttpRequest, cohort_id: int) -> HttpResponse:
        """Show the link, the members and the invited; read a list of people, first as a table of what would be."""
        cohort = self._own(request, cohort_id)
        form, found = InviteesForm(), None
        if request.method == "POST":
            action = request.POST.get("action", "")
            if action in ("check", "invite"):
                form = InviteesForm(request.POST, request.FILES)
                if form.is_valid():
                    found = form.cleaned_data["list"]
                    if action == "invite":
                        return self._invite(request, cohort, found)
            else:
                self._change_people(request, cohort, action)
                return redirect("admin:exams_cohort_people", cohort_id=cohort.pk)
        standings = cohorts_services.standings(cohort=cohort, emails=list(found.people)) if found else {}
        return self._render(
            request,
            "people",
            cohort,
            _("People of %(cohort)s") % {"cohort": cohort},
            link=absolute(reverse("exams:join", args=[cohort.invite_token])),
            members=cohort.memberships.select_related("candidate").order_by("candidate__email"),
            invitations=cohort.invitations.all(),
            former=cohort.former_members.select_related("candidate").order_by("candidate__email"),
            form=form,
            found=found,
            rows=[(invitee, standings[invitee.email]) for invitee in found.people.values()] if found else [],
        )

    def _invite(self, request: HttpRequest, cohort: Cohort, found: InviteeList) -> HttpResponse:
        people, now = list(found.people.values()), timezone.now()
        invite(cohort=cohort, invitees=people, by=signed_in(request), now=now)
        standings = list(cohorts_services.standings(cohort=cohort, emails=list(found.people)).values())
        said = []
        if count := standings.count(Standing.INVITED):
            message = ngettext("%(count)d person was invited.", "%(count)d people were invited.", count)
            said.append(message % {"count": count})
        if count := standings.count(Standing.MEMBER):
            message = ngettext(
                "%(count)d person is already in the cohort.", "%(count)d people are already in the cohort.", count
            )
            said.append(message % {"count": count})
        if count := standings.count(Standing.DECLINED):
            message = ngettext(
                "%(count)d person declined before and was not asked again.",
                "%(count)d people declined before and were not asked again.",
                count,
            )
            said.append(message % {"count": count})
        counts = ", ".join(f"{standings.count(standing)} {standing}" for standing in Standing if standing in standings)
        self._done(request, cohort, " ".join(said), f"Invited by a list of {len(people)}: {counts}.")
        return redirect("admin:exams_cohort_people", cohort_id=cohort.pk)

    def _change_people(self, request: HttpRequest, cohort: Cohort, action: str) -> None:
        chosen = request.POST.get("id", "")
        pk = int(chosen) if chosen.isascii() and chosen.isdecimal() and len(chosen) < 19 else 0
        by = signed_in(request)
        if action == "renew":
            renew_link(cohort=cohort, by=by)
            self._done(request, cohort, _("The link is new. The old link no longer works."), "Made a new link.")
        elif action == "remove":
            candidate = get_object_or_404(cohort.candidates, pk=pk)
            try:
                remove_member(cohort=cohort, candidate=candidate, by=by, now=timezone.now())
            except MembershipRefused as refusal:
                self.message_user(request, str(refusal), messages.WARNING)
                return
            said = _(
                "The person was removed. Their results stay. They can come back by a new invitation, but "
                "not by the link."
            )
            self._done(request, cohort, said, f"Removed {candidate.email}.")
        elif action == "withdraw":
            invitation = get_object_or_404(cohort.invitations, pk=pk)
            withdraw_invitation(invitation=invitation, by=by)
            kept = f"Withdrew the invitation of {invitation.email}."
            self._done(request, cohort, _("The invitation was withdrawn."), kept)
        else:
            self.message_user(request, _("Nothing was changed."), messages.WARNING)

    # --- How far they are --------------------------------------------------------------------------------------

    @method_decorator(require_safe)
    def progress_view(self, request: HttpRequest, cohort_id: int) -> HttpResponse:
        """Show a table of members by assignments, and the cohort by domain."""
        cohort, now = self._own(request, cohort_id), timezone.now()
        sweep(now=now)
        members = progress(cohort, now)
        table = arranged(members, assignments_of(cohort), request.GET)
        return self._render(
            request,
            "progress",
            cohort,
            _("Progress of %(cohort)s") % {"cohort": cohort},
            table=table,
            states=[(state, LABELS[state]) for state in STATES],
            summaries=by_domain(members),
            quick_minutes=QUICK_MINUTES,
        )

    @method_decorator(require_safe)
    def export_view(self, request: HttpRequest, cohort_id: int, file_format: str) -> HttpResponse:
        cohort = self._own(request, cohort_id)
        if file_format not in TABLE_FILES:
            raise Http404
        if asked := reauthentication.ask(request):
            return asked
        audit.record("cohort.exported", by=signed_in(request), target=cohort, after={"format": file_format})
        media_type, write = TABLE_FILES[file_format]
        content = write(progress_table(progress(cohort, timezone.now())))
        name = f"{slugify(cohort.name) or 'cohort'}-progress.{file_format}"
        return HttpResponse(
            content, content_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
        )

    # --- One of them -------------------------------------------------------------------------------------------

    @method_decorator(transaction.atomic)  # what the form is compared with stays until it is stored
    def member_view(self, request: HttpRequest, cohort_id: int, candidate_id: int) -> HttpResponse:
        """Show a member's attempts and domains, and what they get in each assignment; store the latter.

        Of a former member, what they took is shown and nothing can be given.
        """
        cohort, now = self._own(request, cohort_id), timezone.now()
        candidate = get_object_or_404(User, pk=candidate_id)
        if request.method == "POST" and (asked := reauthentication.ask(request)):
            return asked
        sweep(now=now, candidate=candidate)
        found = progress(cohort, now, candidate=candidate)
        if not found:
            raise Http404
        member = found[0]
        posted = request.POST.get("assignment") if request.method == "POST" else None
        rows = []
        tallies = tallies_of(cell.score for cell in member.cells if cell.score)
        for cell in member.cells:
            prefix, own = str(cell.assignment.pk), cell.accommodation or Accommodation()
            form = AccommodationForm(request.POST if posted == prefix else None, prefix=prefix, instance=own)
            if form.is_bound and member.status == MEMBER and form.is_valid():
                return self._accommodate(request, cohort, cell.assignment, candidate, form)
            of_score = [tallies[cell.score.pk]] if cell.score else []
            domains = domain_rows(cell.counted, of_score) if cell.counted else []
            rows.append((cell, form, domains))
        given = Extension.objects.filter(attempt__candidate=candidate, attempt__assignment__cohort=cohort)
        return self._render(
            request,
            "member",
            cohort,
            _("%(candidate)s in %(cohort)s") % {"candidate": candidate, "cohort": cohort},
            candidate=candidate,
            extra_time=candidate.extra_time_at(now),
            status=member.status_label,
            is_member=member.status == MEMBER,
            rows=rows,
            extensions=given.select_related("by", "attempt__exam").order_by("-at"),
            quick_minutes=QUICK_MINUTES,
        )

    def _accommodate(
        self, request: HttpRequest, cohort: Cohort, assignment: Assignment, candidate: User, form: AccommodationForm
    ) -> HttpResponse:
        fields = {name: form.cleaned_data[name] for name in form.Meta.fields}
        try:
            extension = accommodate(
                assignment=assignment, candidate=candidate, by=signed_in(request), now=timezone.now(), **fields
            )
        except MembershipRefused as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
            return redirect("admin:exams_cohort_progress", cohort_id=cohort.pk)
        said, more = gettext("Saved."), ""
        if extension:
            message = ngettext(
                "Saved. The attempt under way has %(count)d more minute.",
                "Saved. The attempt under way has %(count)d more minutes.",
                extension.minutes,
            )
            said = message % {"count": extension.minutes}
            more = f" The attempt under way has {extension.minutes} minutes more."
        changes = [
            f"{form.fields[name].label} {'as all' if fields[name] is None else _in_words(fields[name])}"
            for name in form.changed_data
        ]
        kept = f"{candidate.email} in {assignment.exam}: {'; '.join(changes) or 'nothing changed'}.{more}"
        self._done(request, cohort, said, kept)
        return redirect("admin:exams_cohort_member", cohort_id=cohort.pk, candidate_id=candidate.pk)

    def extend_view(self, request: HttpRequest, cohort_id: int, assignment_id: int) -> HttpResponse:
        """Give more time to one candidate's attempt under way in an assignment, or to all."""
        cohort = self._own(request, cohort_id)
        assignment = get_object_or_404(cohort.assignments.select_related("exam"), pk=assignment_id)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if asked := reauthentication.ask(request):
            return asked
        back = redirect("admin:exams_cohort_progress", cohort_id=cohort.pk)
        form, attempt = ExtensionForm(request.POST), None
        if chosen := request.POST.get("attempt"):
            attempt = assignment.attempts.filter(pk__in=_uuids(chosen)).first()
            if attempt is None:
                raise Http404
            back = redirect("admin:exams_cohort_member", cohort_id=cohort.pk, candidate_id=attempt.candidate_id)
        if form.is_valid():
            self._extend(request, assignment, attempt, form.cleaned_data)
        else:
            problems = [f"{name}: {text}" for name, texts in form.errors.items() for text in texts]
            self.message_user(
                request, _("No time was given. %(problems)s") % {"problems": " ".join(problems)}, messages.ERROR
            )
        return back

    def _extend(
        self, request: HttpRequest, assignment: Assignment, attempt: Attempt | None, data: dict[str, Any]
    ) -> None:
        minutes = data["minutes"]
        how = {"minutes": minutes, "reason": data["reason"], "by": signed_in(request), "now": timezone.now()}
        try:
            if attempt is None:
                count = extend_assignment(assignment=assignment, last_seen=data["last"], **how)
                level = messages.SUCCESS if count else messages.WARNING
                message = ngettext(
                    "%(count)d attempt under way in %(exam)s has %(minutes)d min more.",
                    "%(count)d attempts under way in %(exam)s have %(minutes)d min more.",
                    count,
                )
                values = {"count": count, "exam": assignment.exam, "minutes": minutes}
                self.message_user(request, message % values, level)
            else:
                extend_attempt(attempt_id=attempt.pk, last_seen=data["last"], **how)
                self.message_user(
                    request,
                    ngettext("%(count)s more minute was given.", "%(count)s more minutes were given.", minutes)
                    % {"count": minutes},
                    messages.SUCCESS,
                )
        except ExtensionRefused as refusal:
            self.message_user(request, str(refusal), messages.ERROR)


def _in_words(value: Any) -> str:
    return localize(timezone.localtime(value) if isinstance(value, dt.datetime) else value)


def _uuids(text: str) -> list[UUID]:
    try:
        return [UUID(text)]
    except ValueError:
        return []
