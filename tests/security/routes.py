"""All routes of the URL conf, and a world in which each of them leads to something."""

import uuid
from dataclasses import dataclass

from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.urls import URLResolver, get_resolver, reverse

from accounts.models import User
from tests.exams.helpers import client_of
from tests.factories import UserFactory, make_attempt

MISSING_PK, MISSING_ID = 987_654, uuid.UUID(int=1)


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
    """Someone with an attempt under way, people who have nothing to do with it, and one object of every model."""

    candidate: User
    other: User
    instructor: User
    superuser: User

    @classmethod
    def make(cls):
        world = cls(
            UserFactory(email="owner@example.com"),
            UserFactory(),
            UserFactory(instructor=True),
            UserFactory(superuser=True),
        )
        world.attempt = make_attempt(candidate=world.candidate)
        certification = world.attempt.exam.certification
        certification.study_material = "A book"
        certification.save()
        world.question = world.attempt.items.get(position=1).question
        world.question.source_chapter, world.question.source_title = 3, "Clouds"
        world.question.save()
        # A passkey of somebody else: only a browser can make a real one, see tests/browser/test_second_factor.py.
        world.key = Authenticator.objects.create(
            user=UserFactory(), type=Authenticator.Type.WEBAUTHN, data={"name": "A"}
        )
        world.address = EmailAddress.objects.get(user=world.candidate)
        return world

    def client(self, role, **options):
        return client_of(getattr(self, role), **options)

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
        of_attempt = dict.fromkeys(["attempt", *(f"attempt-{x}" for x in ("clock", "hand-in", "result", "review"))])
        fixed = {
            "exams:certification": {"code": "none" if missing else exam.certification.code},
            "exams:chapter": {"code": exam.certification.code, "number": 99 if missing else 3},
            "exams:exam-detail": {"slug": "none" if missing else exam.slug},
            "exams:exam-start": {"slug": "none" if missing else exam.slug},
            "exams:answer-save": {**attempt, "position": 1},
            "account_confirm_email": {"key": "none" if missing else EmailConfirmationHMAC(self.address).key},
            "account_reset_password_from_key": {
                "uidb36": user_pk_to_url_str(self.candidate),
                "key": "none" if missing else default_token_generator.make_token(self.candidate),
            },
            "mfa_edit_webauthn": {"pk": MISSING_PK if missing else self.key.pk},
            "mfa_remove_webauthn": {"pk": MISSING_PK if missing else self.key.pk},
            "admin:view_on_site": {
                "content_type_id": ContentType.objects.get_for_model(User).pk,
                "object_id": MISSING_PK if missing else self.candidate.pk,
            },
            "admin:auth_user_password_change": {"id": MISSING_PK if missing else self.candidate.pk},
            "admin:questions_question_preview": {"object_id": MISSING_PK if missing else self.question.pk},
        }
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
