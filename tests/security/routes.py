"""All routes of the URL conf, and a world in which each of them leads to something."""

import uuid
from dataclasses import dataclass

from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.core.mail import EmailMessage
from django.test import Client
from django.urls import URLResolver, get_resolver, reverse
from django.utils import timezone

from accounts import audit
from accounts.mail import OutboxBackend
from accounts.models import User
from exams.blueprints.services import draw_form
from exams.cohorts.models import Invitation
from exams.cohorts.services import join, remove_member
from exams.problems.models import ProblemReport
from exams.scoring.models import Rescore
from exams.statistics.models import QuestionStatistics
from exams.study.criteria import Criteria
from exams.study.services.practising import start_chosen
from exams.study.services.sets import keep_set
from questions.models import ImportDraft
from tests.exams.helpers import client_of
from tests.factories import AssignmentFactory, CohortFactory, SkillFactory, UserFactory, make_attempt, make_exam

MISSING_PK, MISSING_ID = 987_654, uuid.UUID(int=1)
# A cohort's pages and what they are of besides.
OF_A_COHORT = {
    "people": [],
    "progress": [],
    "export": [],
    "member": ["candidate_id"],
    "extend": ["assignment_id"],
}


def all_routes():
    """Return name → pattern of every route; one without a name is known by its pattern."""
    found = {}

    def walk(resolver, prefix, namespace):
        for entry in resolver.url_patterns:
            pattern = prefix + str(entry.pattern)
            if isinstance(entry, URLResolver):
                walk(entry, pattern, f"{namespace}{entry.namespace}:" if entry.namespace else namespace)
            else:
                found[f"{namespace}{entry.name}" if entry.name else pattern] = pattern

    walk(get_resolver(), "", "")
    return found


@dataclass
class World:
    """Someone with an attempt under way, people who have nothing to do with it, and one object of every model.

    `invited` has not answered, `removed` was a member. What instructors make was made by `instructor`;
    `other_instructor` made nothing.
    """

    candidate: User
    other: User
    instructor: User
    other_instructor: User
    superuser: User
    invited: User
    removed: User

    @classmethod
    def make(cls):
        world = cls(
            UserFactory(email="owner@example.com"),
            UserFactory(),
            UserFactory(instructor=True),
            UserFactory(instructor=True),
            UserFactory(superuser=True),
            UserFactory(email="invited@example.com"),
            UserFactory(email="removed@example.com"),
        )
        world.cohort = CohortFactory(instructor=world.instructor, members=[world.candidate])
        world.invitation = Invitation.objects.create(
            cohort=world.cohort, email=world.invited.email, invited_at=timezone.now()
        )
        join(cohort=world.cohort, candidate=world.removed, now=timezone.now())
        remove_member(cohort=world.cohort, candidate=world.removed, by=world.instructor, now=timezone.now())
        world.assignment = AssignmentFactory(cohort=world.cohort, exam=make_exam())
        world.attempt = make_attempt(exam=world.assignment.exam, candidate=world.candidate)
        certification = world.attempt.exam.certification
        certification.study_material = "A book"
        certification.save()
        # The other half of the bank: what the exam asks is not practised.
        criteria = Criteria(number=2)
        world.set = keep_set(
            owner=world.candidate, certification=certification, title="A set", criteria=criteria, now=timezone.now()
        )
        world.practice = start_chosen(
            candidate=world.candidate,
            certification=certification,
            criteria=criteria,
            title="A practice",
            practice_set=world.set,
            now=timezone.now(),
        )
        world.question = world.attempt.items.get(position=1).question
        world.question.revisions.update(created_by=world.instructor)
        world.question.source_chapter, world.question.source_title = 3, "Clouds"
        world.question.save()
        SkillFactory(task=world.question.placements.get().task)
        # Done long ago: it stands here to be looked at.
        Rescore.objects.create(
            question=world.question,
            old_revision=world.question.published_revision,
            revision=world.question.published_revision,
            rule=Rescore.Rule.CREDIT,
            reason="Two readings.",
            by=world.instructor,
            ordered_at=world.attempt.started_at,
            finished_at=world.attempt.started_at,
        )
        world.import_draft = ImportDraft.objects.create(
            by=world.instructor,
            name="questions.csv",
            format="csv",
            data=b"stem,option_1,option_2,key\nWhich?,A,B,A\n",
            created_at=timezone.now(),
        )
        ProblemReport.objects.create(
            question=world.question,
            revision=world.question.published_revision,
            item=world.attempt.items.get(position=1),
            candidate=world.candidate,
            kind=ProblemReport.Kind.TYPO,
            text="A comma.",
            created_at=world.attempt.started_at,
        )
        QuestionStatistics.objects.create(revision=world.question.published_revision)
        # A passkey of somebody else: only a browser can make a real one, see tests/browser/test_second_factor.py.
        world.key = Authenticator.objects.create(
            user=UserFactory(), type=Authenticator.Type.WEBAUTHN, data={"name": "A"}
        )
        world.address = EmailAddress.objects.get(user=world.candidate)
        OutboxBackend().send_messages([EmailMessage("A", "B", to=["a@b.example"])])
        audit.record("user.changed", by=world.superuser, target=world.candidate, after={"name": "Other"})
        draw_form(exam=world.attempt.exam, by=world.instructor, now=timezone.now(), seed=1)
        roles = ("candidate", "other", "instructor", "other_instructor", "superuser", "invited", "removed")
        world.cookies = {role: client_of(getattr(world, role)).cookies for role in roles}
        return world

    def client(self, role, **options):
        """Return a fresh browser of this role; all of them share one log-in."""
        client = Client(**options)
        client.cookies.update(self.cookies[role])
        return client

    def object_of(self, model):
        objects = {
            "user": self.candidate,
            "attempt": self.attempt,
            "authenticator": self.key,
            "question": self.question,
        }
        return objects.get(model._meta.model_name) or model.objects.first()

    def arguments(self, name, *, missing=False):
        """Return the keyword arguments with which the route leads to the candidate's, or to nobody's, object."""
        exam = self.attempt.exam
        attempt = {"attempt_id": MISSING_ID if missing else self.attempt.pk}
        of_attempt = dict.fromkeys(
            ["attempt", *(f"attempt-{x}" for x in ("clock", "hand-in", "result", "review", "unsaved"))]
        )
        practice = {"practice_id": MISSING_ID if missing else self.practice.pk}
        of_practice = [f"practice-{x}" for x in ("run", "clock", "finish", "result", "retry")]
        fixed = {
            **dict.fromkeys((f"exams:{name}" for name in of_practice), practice),
            **{f"exams:practice-{x}": {**practice, "position": 1} for x in ("question", "answer", "check")},
            "exams:practice-set": {"set_id": MISSING_ID if missing else self.set.pk},
            "exams:practice-set-assign": {
                "set_id": MISSING_ID if missing else self.set.pk,
                "cohort_id": MISSING_PK if missing else self.cohort.pk,
            },
            "exams:question-note": {
                "question_id": MISSING_PK if missing else self.practice.items.get(position=1).question_id
            },
            "exams:certification": {"code": "none" if missing else exam.certification.code},
            "exams:trial": {"code": "none" if missing else exam.certification.code},
            "exams:chapter": {"code": exam.certification.code, "number": 99 if missing else 3},
            "exams:exam-detail": {"slug": "none" if missing else exam.slug},
            "exams:exam-start": {"slug": "none" if missing else exam.slug},
            "exams:answer-save": {**attempt, "position": 1},
            "exams:problem-report": {**attempt, "position": 1},
            "exams:review-question": {**attempt, "position": 1},
            "exams:review-all": attempt,
            "exams:attempt-retry": attempt,
            "exams:invitation": {"invitation_id": MISSING_PK if missing else self.invitation.pk},
            "exams:cohort-leave": {"cohort_id": MISSING_PK if missing else self.cohort.pk},
            "exams:join": {"token": "none" if missing else self.cohort.invite_token},
            "account_confirm_email": {"key": "none" if missing else EmailConfirmationHMAC(self.address).key},
            "account_reset_password_from_key": {
                "uidb36": user_pk_to_url_str(self.candidate),
                "key": "none" if missing else default_token_generator.make_token(self.candidate),
            },
            "accounts:session-end": {"pk": MISSING_PK},
            "mfa_edit_webauthn": {"pk": MISSING_PK if missing else self.key.pk},
            "mfa_remove_webauthn": {"pk": MISSING_PK if missing else self.key.pk},
            "admin:view_on_site": {
                "content_type_id": ContentType.objects.get_for_model(User).pk,
                "object_id": MISSING_PK if missing else self.candidate.pk,
            },
            **{
                f"admin:accounts_user_{page}": {"person_id": MISSING_PK if missing else self.candidate.pk}
                for page in ("data", "erase")
            },
            "admin:auth_user_password_change": {"id": MISSING_PK if missing else self.candidate.pk},
            "admin:exams_exam_preview": {"object_id": MISSING_PK if missing else exam.pk},
            "admin:exams_exam_draw": {"object_id": MISSING_PK if missing else exam.pk},
            **{
                f"admin:questions_question_{page}": {"object_id": MISSING_PK if missing else self.question.pk}
                for page in ("preview", "step", "revisions")
            },
            **{
                f"admin:questions_question_{page}": {"draft_id": MISSING_PK if missing else self.import_draft.pk}
                for page in ("import_check", "import_refused")
            },
            "admin:questions_question_import_template": {"format_name": "none" if missing else "csv"},
            "admin:exams_problemreport_question": {"question_id": MISSING_PK if missing else self.question.pk},
            "admin:exams_rescore_offer": {"question_id": MISSING_PK if missing else self.question.pk},
        }
        if name.removeprefix("admin:exams_cohort_") in OF_A_COHORT:
            more = {name: getattr(self, name.removesuffix("_id")).pk for name in OF_A_COHORT[name.rpartition("_")[2]]}
            more |= {"file_format": "csv"} if name.endswith("export") else {}
            return {"cohort_id": MISSING_PK if missing else self.cohort.pk, **more}
        if name.startswith("admin:exams_exam_") and "number" in all_routes()[name]:
            return {"object_id": exam.pk, "number": 99 if missing else 1}
        if name.removeprefix("exams:") in of_attempt:
            return attempt
        if name in fixed:
            return fixed[name]
        if name.startswith("admin:") and name.count("_") == 2 and name.endswith(("_history", "_delete", "_change")):
            model = model_of(name)
            absent = MISSING_ID if model._meta.pk.get_internal_type() == "UUIDField" else MISSING_PK
            return {"object_id": absent if missing else self.object_of(model).pk}
        return {}

    def url(self, name, *, missing=False):
        if name == "admin:app_list":
            return reverse("admin:app_list", kwargs={"app_label": "exams"})
        if not name.startswith("admin:") and "/" in name:  # one without a name: of the admin
            old = name.replace("<path:object_id>/", "1/").replace("(?P<url>.*)$", "nothing/")
            return "/" + old
        return reverse(name, kwargs=self.arguments(name, missing=missing) or None)


def model_of(name):
    """Return the model of an admin's route, such as admin:exams_attempt_change."""
    app_label, model_name, _ = name.removeprefix("admin:").split("_")
    return apps.get_model(app_label, model_name)
