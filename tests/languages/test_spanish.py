"""What people who chose Spanish read; the texts of questions stay as they were written."""

import datetime as dt
import re
from fractions import Fraction

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import override

from exams.attempts.services.closing import submit_attempt
from exams.scoring.estimates import shown_points
from tests.exams.helpers import client_of
from tests.exams.pages import fields_of
from tests.factories import UserFactory, make_attempt, make_exam

pytestmark = pytest.mark.django_db


@pytest.fixture
def attempt():
    return make_attempt(exam=make_exam(), candidate=UserFactory(language="es"))


def pages_of(attempt):
    """Return the texts of an exam's pages, before and after it was submitted."""
    client = client_of(attempt.candidate)
    exam = client.get(reverse("exams:attempt", args=[attempt.pk])).text
    submit_attempt(candidate=attempt.candidate, attempt_id=attempt.pk, answers=[], now=timezone.now())
    review = client.get(reverse("exams:attempt-review", args=[attempt.pk]), follow=True).text
    return client.get("/").text, exam, review


def test_pages_of_an_exam_speak_spanish(attempt, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        home, exam, _ = pages_of(attempt)

    assert '<html lang="es" dir="ltr"' in home
    assert "Inicio" in home
    assert "Marcar para después" in exam
    assert "Se acabó el tiempo. Entregando…" in exam  # what the script says


def test_review_speaks_spanish(attempt, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        pages_of(attempt)

    review = client_of(attempt.candidate).get(reverse("exams:review-all", args=[attempt.pk])).text
    assert "Repaso: " in review
    assert "✗ sin respuesta" in review
    assert "✓ respuesta correcta" in review


def test_texts_of_questions_stay_as_they_were_written(attempt):
    _, exam, _ = pages_of(attempt)

    for item in attempt.items.select_related("revision"):
        assert item.revision.stem in exam


def test_refusals_speak_spanish():
    visitor = Client(headers={"Accept-Language": "es"}, enforce_csrf_checks=True)

    assert "Página no encontrada" in visitor.get("/nothing/").text
    assert "Tu última" not in visitor.get("/nothing/").text
    assert "no se aceptó el formulario" in visitor.post("/accounts/login/", {"login": "a"}).text
    assert "Solicitud incorrecta" in visitor.get("/?a=%00").text


def test_mail_speaks_the_language_of_its_reader(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    person = UserFactory(language="es")

    Client(headers={"Accept-Language": "es"}).post(reverse("account_reset_password"), {"email": person.email})

    (sent,) = mail.outbox
    assert sent.subject == "Restablece tu contraseña"
    assert "Alguien pidió restablecer la contraseña de tu cuenta" in sent.body


def test_languages_are_called_by_their_own_names():
    for language in dict(settings.LANGUAGES):
        page = Client(headers={"Accept-Language": language}).get("/").text

        for code, name in settings.LANGUAGES:
            assert re.search(rf'value="{code}"[^>]*>{name}</button>', page)


def test_dates_and_numbers_are_spanish():
    with override("es"):
        assert date_format(dt.date(2026, 11, 27)) == "27 de noviembre de 2026"
        assert shown_points(Fraction(5, 2)) == "2,5"
    with override("en"):
        assert shown_points(Fraction(5, 2)) == "2.5"


@pytest.mark.parametrize("name", ["questions_question", "exams_exam"])
def test_admin_takes_what_its_form_shows(name):
    exam = make_attempt().exam
    exam.opens_at = timezone.now() + dt.timedelta(days=1)
    exam.save()
    task = exam.certification.domains.first().tasks.first()
    thing = exam if name == "exams_exam" else task.placements.first().question
    client = client_of(UserFactory(superuser=True, language="es"))
    address = reverse(f"admin:{name}_change", args=[thing.pk])

    page = client.get(address).text
    assert re.findall(r'<input type="date"[^>]* value="(?!\d{4}-)', page) == []  # what browsers would show as empty
    response = client.post(address, fields_of(client.get(address), f"{name.partition('_')[2]}_form"))

    assert response.status_code == 302
