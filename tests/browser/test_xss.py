"""Hostile text in every text field, on every page that shows it: nothing runs, and nothing is left that could."""

import datetime as dt
import itertools

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from exams.problems.models import ProblemReport
from questions.content import Option, Reference
from questions.models import Tag
from tests.browser.helpers import log_in
from tests.exams.helpers import finish
from tests.exams.sums import SUSPECT, statistics_of
from tests.factories import (
    KEY_COUNTS,
    CertificationFactory,
    DomainFactory,
    ExamFactory,
    QuestionFactory,
    TaskFactory,
    UserFactory,
    make_attempt,
    make_content,
    takes,
)

CORPUS = [
    "<script>pwned()</script>",
    "<img src=x onerror=pwned()>",
    '"><svg onload=pwned()>',
    "' autofocus onfocus=pwned() x='",
    "[link](javascript:pwned())",
    "[link](JaVaScRiPt&colon;pwned())",
    "[link](java\tscript:pwned())",
    "[link](data:text/html,<script>pwned()</script>)",
    "<javascript:pwned()>",
    '![image](x"onerror=pwned())',
    "<a href='vbscript:pwned()' onclick=pwned()>x</a>",
    "<div hx-get=/attempts/ hx-trigger=load hx-on:load=pwned() data-hx-get=/x>x</div>",
    "<iframe srcdoc='<script>parent.pwned()</script>'></iframe>",
    "<math><mtext><table><mglyph><style><img src=x onerror=pwned()>",
    '<noscript><p title="</noscript><img src=x onerror=pwned()>">',
    "<form action=javascript:pwned()><button formaction=javascript:pwned()>x</button></form>",
    "</textarea></title></style></script><script>pwned()</script>",
    "`<img src=x onerror=pwned()>`",
    "{{7*7}}{% debug %}${7*7}",
    "<style>@import 'javascript:pwned()'; * { background: url(javascript:pwned()) }</style>",
]
ALL = "\n\n".join(CORPUS)

# Attributes that act, in any element, and addresses that run; our own pages use hx-* only on the exam page.
LEFT_OVER = """() => [...document.querySelectorAll("*")].flatMap((element) => [...element.attributes]
    .filter(({name, value}) => name.startsWith("on") || name === "srcdoc"
        || (name === "style" && value !== "display: none;"  // the admin's own scripts hide parts so
            && !value.match(/^--head: [0-9]+px; --foot: [0-9]+px;$/))  // exam.js, on the page as a whole
        || (name.match(/^(data-)?hx-/) && value.match(/pwned|load/) && !value.match(/^every/))
        || (name.match(/^(href|src|action|formaction|xlink:href)$/)
            && value.replace(/\\s/g, "").match(/^(javascript|vbscript|data):/i)))
    .map(({name, value}) => `${element.tagName} ${name}=${value}`.slice(0, 120)))"""


def hostile_content(text, mark, kind):
    options = tuple(
        Option(
            text=f"{n} {mark} {text}",
            key=KEY_COUNTS.get(kind) == n == 1,
            match=f"{n} {text}" if takes(kind, "match") else "",
            rationale=f"Because {text}",
        )
        for n in range(4)
    )
    return make_content(
        kind=kind,
        case=text,
        decoys=(text,) if takes(kind, "match") else (),
        stem=f"{mark} {text}",
        options=options,
        explanation=text,
        service_note=text,
        references=(Reference(title=text, section=text),),
        valid_as_of=dt.date(2026, 11, 21),
    )


def make_hostile_world():
    """Return a candidate with an attempt under way and a scored one, all of whose texts are hostile."""
    text = CORPUS[2] + CORPUS[0] + CORPUS[1]
    certification = CertificationFactory(name=text[:100], study_material=text[:100])
    exam = ExamFactory(certification=certification, title=text[:100], description=ALL, question_count=len(CORPUS))
    domain = DomainFactory(certification=certification, name=text[:100], weight=100)
    task = TaskFactory(domain=domain, name=text[:100])
    kinds = itertools.cycle(["single", "ordering", "matching"])
    for number, (payload, kind) in enumerate(zip(CORPUS, kinds, strict=False)):
        question = QuestionFactory(task=task, content=hostile_content(payload, f"No {number}", kind))
        question.tags.add(Tag.objects.create(name=payload[:45] + str(number)))
        question.source_chapter, question.source_title = 3, payload[:100]
        question.save()
    candidate = UserFactory(name=text[:150])
    scored = make_attempt(exam=exam, candidate=candidate)
    finish(scored, right=3)
    for number, item in enumerate(scored.items.all()):
        statistics_of(item.question, SUSPECT)
        ProblemReport.objects.create(
            question=item.question,
            revision=item.revision,
            item=item,
            candidate=candidate,
            kind=ProblemReport.Kind.OTHER,
            text=CORPUS[number],
            created_at=scored.started_at,
            **({"outcome": "kept", "answer": CORPUS[number], "resolved_at": scored.started_at} if number % 2 else {}),
        )
    return candidate, scored, make_attempt(exam=exam, candidate=candidate)


def pages_of(scored, under_way):
    exam = scored.exam
    question, code = scored.items.first().question, exam.certification.code
    candidate = [
        reverse("exams:home"),
        reverse("exams:certification", args=[code]),
        reverse("exams:chapter", args=[code, 3]),
        reverse("exams:exam-detail", args=[exam.slug]),
        reverse("exams:attempt", args=[under_way.pk]),
        reverse("exams:attempt-hand-in", args=[under_way.pk]),
        reverse("exams:attempt-result", args=[scored.pk]),
        reverse("exams:review-all", args=[scored.pk]),
        reverse("exams:history"),
        reverse("exams:problem-reports"),
        reverse("accounts:preferences"),
        reverse("account_email"),
    ]
    models = ["questions_question", "questions_revision", "questions_domain", "questions_task", "exams_exam",
              "questions_certification", "exams_attempt", "accounts_user"]  # fmt: skip
    objects = {
        "questions_question": question.pk,
        "questions_revision": question.published_revision_id,
        "questions_domain": exam.certification.domains.first().pk,
        "questions_task": exam.certification.domains.first().tasks.first().pk,
        "exams_exam": exam.pk,
        "questions_certification": exam.certification_id,
        "exams_attempt": scored.pk,
        "accounts_user": scored.candidate_id,
    }
    staff = [reverse("admin:index")]
    staff += [reverse(f"admin:{model}_changelist") for model in models]
    staff += [reverse(f"admin:{model}_change", args=[objects[model]]) for model in models]
    staff += [reverse(f"admin:{model}_history", args=[objects[model]]) for model in models]
    staff += [reverse("admin:questions_question_preview", args=[item.question_id]) for item in scored.items.all()]
    staff += [reverse("admin:exams_problemreport_queue"), reverse("admin:exams_problemreport_changelist")]
    staff += [reverse("admin:exams_problemreport_question", args=[item.question_id]) for item in scored.items.all()]
    staff += [reverse("admin:exams_problemreport_change", args=[ProblemReport.objects.latest("pk").pk])]
    return candidate, staff


@pytest.mark.parametrize("role", ["candidate", "staff"])
def test_hostile_text_runs_nowhere_and_leaves_nothing_that_could(new_context, problems, role):
    candidate, scored, under_way = make_hostile_world()
    of_candidate, of_staff = pages_of(scored, under_way)
    context, ran, found = new_context(), [], {}
    context.expose_binding("pwned", lambda source: ran.append(source["page"].url))
    log_in(context, candidate if role == "candidate" else UserFactory(superuser=True))
    page = context.new_page()
    page.on("dialog", lambda dialog: ran.append(dialog.message))

    for address in of_candidate if role == "candidate" else of_staff:
        response = page.goto(address)
        assert (address, response.status) == (address, 200)
        left = page.evaluate(LEFT_OVER)
        if left:
            found[address] = left
        expect(page.locator("main, #content").first).to_be_visible()
        assert page.locator("[onerror], [onload], iframe, math, main script:not([src])").count() == 0, address

    assert (ran, found) == ([], {})


def test_filter_of_the_test_sees_what_it_looks_for(page):
    page.set_content('<a href="javascript:x()" onclick="x()">x</a><p hx-get="/x" hx-on:load="pwned()">y</p>')

    assert len(page.evaluate(LEFT_OVER)) == 3


def test_policy_stops_a_script_that_a_page_would_hold(page, problems):
    """The second wall: were a text rendered as it is, nothing of it would run."""
    problems.allow("Content Security Policy", "status of 404")
    page.goto("/")
    page.evaluate("""() => { window.ran = 0; document.body.insertAdjacentHTML("beforeend",
        '<img src=x onerror="window.ran++"><a id=evil href="javascript:window.ran++">x</a>');
        document.getElementById("evil").click() }""")
    page.wait_for_function("() => document.images[0].complete")

    assert page.evaluate("window.ran") == 0
