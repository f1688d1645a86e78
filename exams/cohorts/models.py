import secrets
from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import AddressField, validate_name, validate_one_line
from exams.blueprints.bounds import MAX_ATTEMPTS, in_this_century, moment_field
from exams.blueprints.models import Exam


def new_invite_token() -> str:
    return secrets.token_urlsafe(24)


class CohortQuerySet(models.QuerySet["Cohort"]):
    def delete(self) -> tuple[int, dict[str, int]]:
        """Lock the cohorts before their rows elsewhere, as every change of who is in them does."""
        with transaction.atomic():
            # By their keys: the admin's list counts members, and PostgreSQL locks no grouped rows.
            chosen = self.model._base_manager.filter(pk__in=list(self.values_list("pk", flat=True)))
            list(chosen.order_by("pk").select_for_update().values_list("pk", flat=True))
            return super().delete()


class Cohort(models.Model):
    """A group of candidates, seen only by its instructors (and superusers)."""

    name = models.CharField(max_length=200, validators=[validate_one_line])
    instructors = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="cohorts_taught")
    candidates = models.ManyToManyField(settings.AUTH_USER_MODEL, through="Membership", related_name="cohorts")
    invite_token = models.CharField(
        max_length=40,
        unique=True,
        default=new_invite_token,
        editable=False,
        help_text=_("Anybody with the link can join."),
    )
    invites_by_link = models.BooleanField(_("can be joined by link"), default=True)
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = CohortQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        with transaction.atomic():
            Cohort.objects.select_for_update().filter(pk=self.pk).first()
            return super().delete(*args, **kwargs)


class Membership(models.Model):
    cohort = models.ForeignKey(Cohort, models.CASCADE, related_name="memberships")
    candidate = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    joined_at = models.DateTimeField()

    class Meta:
        ordering = ["cohort", "candidate"]
        constraints = [models.UniqueConstraint(fields=["cohort", "candidate"], name="one_membership_per_candidate")]

    def __str__(self) -> str:
        return gettext("%(candidate)s in %(cohort)s") % {"candidate": self.candidate, "cohort": self.cohort}


class FormerMember(models.Model):
    """A membership that has ended. Whoever was removed comes back by a newer invitation only, not by a link."""

    cohort = models.ForeignKey(Cohort, models.CASCADE, related_name="former_members")
    candidate = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="former_memberships")
    joined_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    was_removed = models.BooleanField()

    class Meta:
        ordering = ["cohort", "candidate"]
        constraints = [models.UniqueConstraint(fields=["cohort", "candidate"], name="one_row_per_former_member")]

    def __str__(self) -> str:
        return gettext("%(candidate)s, formerly in %(cohort)s") % {"candidate": self.candidate, "cohort": self.cohort}


class PendingJoin(models.Model):
    """The link by which somebody came who then signed up: the account remembers it, whichever browser confirms it."""

    candidate = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="pending_join")
    cohort = models.ForeignKey(Cohort, models.CASCADE, related_name="+")
    token = models.CharField(max_length=40)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return gettext("%(candidate)s by the link of %(cohort)s") % {"candidate": self.candidate, "cohort": self.cohort}


class Invitation(models.Model):
    """An address that was invited. Whoever has verified it accepts or declines: nobody becomes a member unasked.

    Accepting deletes the row. Declining keeps it, so that a list that names the address again does not ask again.
    """

    cohort = models.ForeignKey(Cohort, models.CASCADE, related_name="invitations")
    email = AddressField(_("email"))
    name = models.CharField(max_length=150, blank=True, validators=[validate_name])
    invited_at = models.DateTimeField()
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    declined_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["cohort", "email"]
        constraints = [models.UniqueConstraint("cohort", Lower("email"), name="one_invitation_per_address")]
        indexes = [models.Index(Lower("email"), name="invitations_by_address")]

    def __str__(self) -> str:
        return gettext("%(email)s to %(cohort)s") % {"email": self.email, "cohort": self.cohort}


class Assignment(models.Model):
    """An exam that a cohort is to take, within its own window."""

    cohort = models.ForeignKey(Cohort, models.CASCADE, related_name="assignments")
    exam = models.ForeignKey(Exam, models.PROTECT, related_name="assignments")
    opens_at = moment_field(help_text=_("If empty, the exam is open at once."))
    closes_at = moment_field(help_text=_("Nobody can start after this moment."))
    attempts_allowed = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MAX_ATTEMPTS)],
        help_text=_("Per candidate. If empty, the exam's own limit applies."),
    )
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["cohort", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["cohort", "exam"], name="one_assignment_per_cohort_and_exam"),
            models.CheckConstraint(
                condition=Q(opens_at=None) | Q(closes_at=None) | Q(opens_at__lt=F("closes_at")),
                name="assignment_opens_before_it_closes",
                violation_error_message=_("The assignment must open before it closes."),
            ),
            in_this_century("assignment_opens_and_closes_in_this_century", "opens_at", "closes_at"),
        ]

    def __str__(self) -> str:
        return gettext("%(exam)s for %(cohort)s") % {"exam": self.exam, "cohort": self.cohort}

    @property
    def last_extension_id(self) -> int:
        """Return the id of the latest extension of any of its attempts, 0 for none: as `Attempt.last_extension_id`."""
        return self.attempts.aggregate(last=models.Max("extensions"))["last"] or 0


class Accommodation(models.Model):
    """What one candidate gets in an assignment that the others do not. Empty fields: as all."""

    assignment = models.ForeignKey(Assignment, models.PROTECT, related_name="accommodations")
    candidate = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="accommodations")
    extra_time_percent = models.PositiveSmallIntegerField(_("extra time (%)"), null=True, blank=True)
    closes_at = moment_field()
    attempts_allowed = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(MAX_ATTEMPTS)]
    )

    class Meta:
        ordering = ["assignment", "candidate"]
        constraints = [
            models.UniqueConstraint(fields=["assignment", "candidate"], name="one_accommodation_per_candidate"),
            models.CheckConstraint(
                condition=Q(extra_time_percent=None) | Q(extra_time_percent__lte=300),
                name="accommodation_is_at_most_300_percent",
                violation_error_message=_("At most 300 percent extra time."),
            ),
            in_this_century("accommodation_closes_in_this_century", "closes_at"),
        ]

    def __str__(self) -> str:
        return gettext("%(candidate)s in %(assignment)s") % {"candidate": self.candidate, "assignment": self.assignment}

    @property
    def given(self) -> dict[str, int | str | None]:
        """What it gives, as the audit log keeps it."""
        return {
            "assignment": self.assignment_id,
            "extra_time_percent": self.extra_time_percent,
            "closes_at": self.closes_at.isoformat() if self.closes_at else None,
            "attempts_allowed": self.attempts_allowed,
        }
