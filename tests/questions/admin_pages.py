"""The instructor's form of a question, as a browser fills it in."""

from django.urls import reverse

from questions.models import Question

ADD = "admin:questions_question_add"
LIST = "admin:questions_question_changelist"
LIVE = "admin:questions_question_live_preview"


def url(name, question):
    return reverse(f"admin:questions_question_{name}", args=[question.pk])


def fields_of(response):
    """Return what the browser would send of the form as it is shown."""
    formset = response.context["inline_admin_formsets"][0].formset
    forms = [response.context["adminform"].form, formset.management_form, *formset.forms]
    values = {bound.html_name: bound.value() for form in forms for bound in form if bound.value() is not False}
    return {name: "on" if value is True else value for name, value in values.items() if value or value == 0}


def filled(client, task, **changes):
    """Return the fields of a form that makes a question of kind `single`."""
    return {
        **fields_of(client.get(reverse(ADD))),
        "code": "new-one",
        "kind": "single",
        "stem": "Which store keeps vectors?",
        "option_1_text": "This",
        "option_1_key": "on",
        "option_2_text": "That",
        "placements-0-task": str(task),
        **changes,
    }


def texts(response):
    return [str(message) for message in response.context["messages"]]


def made():
    return Question.objects.get(code="new-one")
