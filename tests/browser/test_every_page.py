import pytest
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from django.contrib.sessions.models import Session
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from exams.attempts.models import Attempt
from exams.attempts.services.closing import submit_attempt
from exams.attempts.services.saving import Answer
from exams.blueprints.models import Exam, ExamQuota
from exams.blueprints.services import draw_form
from exams.cohorts.services import Invitee, invite
from exams.corrections.services import order_rescore, rescore_batch
from exams.problems.models import ProblemReport
from exams.problems.services import report_problem, resolve_reports
from exams.statistics.models import ExamStatistics
from exams.study.criteria import Criteria, Pool
from exams.study.services.noting import keep_note
from exams.study.services.practising import check_answer, finish_practice, start_chosen
from exams.study.services.sets import keep_set
from questions.content import Option
from questions.models import ImportDraft
from questions.services import save_draft
from tests.browser.helpers import (
    OFFLINE,
    all_stored,
    choose,
    come_back,
    expect_saved,
    log_in,
    move_deadline,
    open_exam,
    refused,
    rule_out,
)
from tests.exams.sums import SUSPECT, statistics_of
from tests.factories import (
    AssignmentFactory,
    CohortFactory,
    DomainFactory,
    ExamFactory,
    QuestionFactory,
    TaskFactory,
    UserFactory,
    make_attempt,
    make_content,
    make_exam,
)

WIDE_STEM = """A stem with all that can be wide: `a_very_long_identifier_that_no_browser_can_break_anywhere_at_all`.

| column one | column two | column three | column four | column five | column six |
|---|---:|---|---|---|---|
| 1 | 2 | 3 | 4 | 5 | 6 |

```
SELECT a_column, another_column, one_more_column FROM a_table_with_a_long_name WHERE a_column = 'something long';
```
"""


def make_wide_exam(**fields):
    """An exam whose questions hold a table, a code block and a word that does not break."""
    exam = ExamFactory(question_count=4, **fields)
    content = make_content(
        kind="multiple",
        stem=WIDE_STEM,
        options=[Option(text=f"`{'long_' * 20}{n}`", key=n < 2, rationale=f"Because {'so_' * 30}") for n in range(5)],
        service_note="The service has another name today.",
    )
    for number in (1, 2):
        domain = DomainFactory(certification=exam.certification, number=number, weight=50)
        QuestionFactory.create_batch(2, task=TaskFactory(domain=domain), content=content)
    return exam


def scored_attempt(exam, candidate):
    attempt = make_attempt(exam=exam, candidate=candidate)
    now = timezone.now()
    answers = [Answer(position=1, chosen=(0, 1)), Answer(position=2, chosen=(2,), is_flagged=True, struck=(1,))]
    submit_attempt(candidate=candidate, attempt_id=attempt.pk, answers=answers, now=now)
    return attempt


def waiting_attempt(exam, candidate):
    attempt, now = make_attempt(exam=exam, candidate=candidate), timezone.now()
    Attempt.objects.filter(pk=attempt.pk).update(state="submitted", submitted_at=now, scoring_requested_at=now)
    return attempt


def corrected_attempt(exam, candidate):
    """A scored attempt one of whose questions counts as right for everyone since."""
    attempt = scored_attempt(exam, candidate)
    item = attempt.items.select_related("revision__question").get(position=2)
    rescore = order_rescore(
        old_revision=item.revision,
        rule="credit",
        by=UserFactory(instructor=True),
        reason="Two readings are possible.",
        now=timezone.now(),
    )
    while rescore_batch(rescore_id=rescore.pk, now=timezone.now()):
        pass
    return attempt


def report_problems(attempt):
    """Let the candidate report two questions, with words that do not break, and an instructor answer the second."""
    now = timezone.now()
    for position in (1, 2):
        report_problem(
            candidate=attempt.candidate,
            attempt_id=attempt.pk,
            position=position,
            kind="wrong_key",
            text="so_" * 60,
            now=now,
        )
    report = ProblemReport.objects.get(item__attempt=attempt, item__position=2)
    resolve_reports(
        question=report.question,
        report_ids=[report.pk],
        outcome="kept",
        answer="because_" * 30,
        by=UserFactory(instructor=True),
        now=now,
    )


def make_statistics(question, exam):
    """Statistics of the question, with five options, and of the exam, with a distribution."""
    cells = {rest: [*numbers, 3] for rest, numbers in SUSPECT.items()}
    statistics_of(question, cells)
    ExamStatistics.objects.create(exam=exam, scores={f"{right}/4": 10 * right + 5 for right in range(5)}, empty=2)


def confirmation_page(*, verified):
    """Return the page of a mailed link for an address of somebody who has confirmed another one, or none."""
    user = UserFactory()
    EmailAddress.objects.filter(user=user).update(verified=verified)
    address = EmailAddress.objects.create(user=user, email=f"a-rather-long-address-{'x' * 30}@example.com")
    return reverse("account_confirm_email", args=[EmailConfirmationHMAC(address).key])


def make_pages(role):
    """Return the person who sees the pages, and the pages by name: all that this role meets."""
    exam = make_wide_exam()
    domain = exam.certification.domains.first()
    ExamFactory(certification=exam.certification, domain=domain, question_count=2, title="Practice of a domain")
    certification = reverse("exams:certification", args=[exam.certification.code])
    if role == "anonymous":
        return None, {
            "home": reverse("exams:home"),
            "trial": reverse("exams:trial", args=[exam.certification.code]),
            "certification": certification,
            "log-in": reverse("account_login"),
            "sign-up": reverse("account_signup"),
            "privacy": reverse("exams:privacy"),
            "password reset": reverse("account_reset_password"),
            "password reset, mail on its way": reverse("account_reset_password_done"),
            "sign-up, mail on its way": reverse("account_email_verification_sent"),
            "confirmation, first of an account": confirmation_page(verified=False),
            "confirmation, added to an account": confirmation_page(verified=True),
            "404": "/nothing/",
        }
    candidate, instructor = UserFactory(extra_time_percent=25), UserFactory(instructor=True)
    AssignmentFactory(cohort=CohortFactory(instructor=instructor, members=[candidate]), exam=exam)
    inviting = CohortFactory(name="Spring 2027 with a long name", instructor=instructor)
    invite(cohort=inviting, invitees=[Invitee(candidate.email)], by=instructor, now=timezone.now())
    scored = [scored_attempt(exam, candidate) for _ in range(2)][1]
    report_problems(scored)
    under_way = make_attempt(exam=exam, candidate=candidate)
    if role == "candidate":
        corrected = corrected_attempt(make_wide_exam(), candidate)
        waiting = waiting_attempt(make_exam(), candidate)
        later, never = Exam.Release.AFTER_WINDOW, Exam.Release.NEVER
        withholding = make_wide_exam(show_score=later, show_key=later, show_explanations=never)
        withheld = scored_attempt(withholding, candidate)
        return candidate, {
            "home": reverse("exams:home"),
            "plan": reverse("exams:plan"),
            "certification": certification,
            "start screen": reverse("exams:exam-detail", args=[make_exam().slug]),
            "start screen, exam under way": reverse("exams:exam-detail", args=[exam.slug]),
            "exam": reverse("exams:attempt", args=[under_way.pk]),
            "summary": reverse("exams:attempt-hand-in", args=[under_way.pk]),
            "waiting": reverse("exams:attempt-result", args=[waiting.pk]),
            "result": reverse("exams:attempt-result", args=[scored.pk]),
            "review": reverse("exams:review-question", args=[scored.pk, 1]),
            "review, all on one page": reverse("exams:review-all", args=[scored.pk]),
            "start screen, exam that withholds": reverse("exams:exam-detail", args=[withholding.slug]),
            "withheld result": reverse("exams:attempt-result", args=[withheld.pk]),
            "answers without the key": reverse("exams:attempt-review", args=[withheld.pk]),
            "corrected result": reverse("exams:attempt-result", args=[corrected.pk]),
            "corrected review": reverse("exams:review-question", args=[corrected.pk, 1]),
            "history": reverse("exams:history"),
            **practice_pages(make_wide_exam(), candidate),
            "problem reports": reverse("exams:problem-reports"),
            "cohorts": reverse("exams:cohorts"),
            "preferences": reverse("accounts:preferences"),
            "e-mail": reverse("account_email"),
            "password": reverse("account_change_password"),
            "second factor": reverse("mfa_index"),
            "sessions": reverse("usersessions_list"),
            "404": reverse("exams:attempt", args=[make_attempt().pk]),
        }
    question = scored.items.first().question
    for first in exam.certification.domains.all():
        ExamQuota.objects.create(exam=exam, domain=first, task=first.tasks.get(), question_count=2)
    draw_form(exam=exam, by=instructor, now=timezone.now(), seed=1)
    make_statistics(question, exam)
    rescored = corrected_attempt(make_wide_exam(), candidate).items.get(position=2).question
    content = make_content(stem=WIDE_STEM, options=[Option(text=f"`{'long_' * 20}{n}`") for n in range(4)])
    save_draft(question=question, content=content, by=candidate, now=timezone.now())
    rows = f"long,{'wide' * 60},A,B,A\nbad,{'x' * 40},A,A,A\nnew,Which?,A,B,\n"
    import_draft = ImportDraft.objects.create(
        by=instructor,
        name="questions.csv",
        format="csv",
        data=f"id,stem,option_1,option_2,key\n{rows}".encode(),
        created_at=timezone.now(),
    )
    return instructor, {
        "admin": reverse("admin:index"),
        "questions": reverse("admin:questions_question_changelist"),
        "import": reverse("admin:questions_question_import"),
        "import of a file": reverse("admin:questions_question_import_check", args=[import_draft.pk]),
        "export": reverse("admin:questions_question_export") + "?format=aiken",
        "new question": reverse("admin:questions_question_add"),
        "question": reverse("admin:questions_question_change", args=[question.pk]),
        "preview": reverse("admin:questions_question_preview", args=[question.pk]),
        "revisions of a question": reverse("admin:questions_question_revisions", args=[question.pk]),
        "scores of a question": reverse("admin:exams_rescore_offer", args=[rescored.pk]),
        "re-scores": reverse("admin:exams_rescore_changelist"),
        "re-score": reverse("admin:exams_rescore_change", args=[rescored.rescores.get().pk]),
        "reported problems": reverse("admin:exams_problemreport_queue"),
        "reported question": reverse("admin:exams_problemreport_question", args=[question.pk]),
        "answered report": reverse(
            "admin:exams_problemreport_question", args=[scored.items.get(position=2).question_id]
        ),
        "problem reports": reverse("admin:exams_problemreport_changelist"),
        "problem report": reverse("admin:exams_problemreport_change", args=[ProblemReport.objects.first().pk]),
        "statistics": reverse("admin:exams_questionstatistics_changelist"),
        "statistics of a revision": reverse(
            "admin:exams_questionstatistics_change", args=[question.published_revision.statistics.pk]
        ),
        "revisions": reverse("admin:questions_revision_changelist"),
        "tasks": reverse("admin:questions_task_changelist"),
        "skills": reverse("admin:questions_skill_changelist"),
        "exams": reverse("admin:exams_exam_changelist"),
        "exam": reverse("admin:exams_exam_change", args=[exam.pk]),
        "form": reverse("admin:exams_exam_form", args=[exam.pk, 1]),
        "form with key": reverse("admin:exams_exam_form", args=[exam.pk, 1]) + "?key",
        "preview of a form": reverse("admin:exams_exam_preview", args=[exam.pk]) + "?seed=7",
        "attempts": reverse("admin:exams_attempt_changelist"),
        "attempt": reverse("admin:exams_attempt_change", args=[scored.pk]),
        "candidate": reverse("admin:accounts_user_change", args=[candidate.pk]),
        **{
            f"{page} of a cohort": reverse(f"admin:exams_cohort_{page}", args=[inviting.pk])
            for page in ("people", "progress", "change")
        },
    }


def practice_pages(exam, candidate):
    """Return the pages of practices: one under way, with a checked question and a note, and one that is over."""
    now, certification = timezone.now(), exam.certification
    criteria = Criteria(number=2, minutes=30)
    started = {"candidate": candidate, "certification": certification, "now": now}
    practice, over = (start_chosen(criteria=criteria, title="so_" * 33, **started) for _ in range(2))
    chosen = keep_set(
        owner=candidate, certification=certification, title="A set", criteria=Criteria(pool=Pool.MISSED), now=now
    )
    for each in (practice, over):
        check_answer(candidate=candidate, practice_id=each.pk, answer=Answer(1, chosen=(1, 2), is_sure=True), now=now)
    asked = practice.items.get(position=1).question_id
    keep_note(candidate=candidate, question_id=asked, text="so_" * 60, is_bookmarked=True, version=0, now=now)
    finish_practice(candidate=candidate, practice_id=over.pk, now=now)
    return {
        "practice": reverse("exams:practice"),
        "practice, narrowed": reverse("exams:practice") + "?number=0&pool=missed",
        "set": reverse("exams:practice-set", args=[chosen.pk]),
        "practice, a checked question": reverse("exams:practice-question", args=[practice.pk, 1]),
        "practice, a question": reverse("exams:practice-question", args=[practice.pk, 2]),
        "practice, an unchecked question": reverse("exams:practice-question", args=[over.pk, 2]),
        "practice, before its end": reverse("exams:practice-result", args=[practice.pk]),
        "practice, result": reverse("exams:practice-result", args=[over.pk]),
    }


ROLES = ["anonymous", "candidate", "instructor"]


@pytest.fixture(params=ROLES)
def pages(request, new_context, problems):
    """A function: its call opens every page of a role in one tab, and yields name, tab and response of each."""
    problems.allow(refused(404))
    user, addresses = make_pages(request.param)

    def visit(**options):
        context = new_context(**options)
        if user:
            log_in(context, user)
        page = context.new_page()
        for name, address in addresses.items():
            response = page.goto(address)
            assert (name, response.status) == (name, 404 if name == "404" else 200)
            assert response.url.endswith(address)  # it led nowhere else
            page.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true })")
            yield name, page, response

    return visit


SCHEMES = ["light", "dark"]


def violations(page, axe):
    found = []
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        page.evaluate("document.getAnimations().forEach((animation) => animation.finish())")  # the admin fades colours
        rules = [] if scheme == SCHEMES[0] else ["color-contrast"]  # colours are all that the scheme changes
        found += [f"{scheme}: {violation}" for violation in axe(page, *rules)]
    # Off unless it is asked for: whoever trembles hits nothing smaller than 24 pixels.
    return found + axe(page, "target-size")


def test_no_page_has_a_serious_accessibility_problem(pages, problems, axe):
    problems.allow("Applying inline style")  # axe itself does, where a stylesheet imports another; see the next test
    found = {name: violations(page, axe) for name, page, _ in pages()}

    assert {name: lines for name, lines in found.items() if lines} == {}


WIDTHS = [320, 390, 640]  # a window of 1280 pixels at 400 %, a phone, and that window at 200 %

# What cannot be pressed: outside of the window wherever one scrolls, or covered. An option is drawn by its label.
OUT_OF_REACH = """() => {
  const shown = (control) => (control.matches("input") && getComputedStyle(control).opacity === "0"
    ? control.labels[0] : control);
  const isReached = (control) => {
    const element = shown(control);
    element.scrollIntoView({ block: "center", inline: "nearest", behavior: "instant" });
    const box = [...element.getClientRects()].find((rect) => rect.width && rect.height);
    const isWider = box.width > innerWidth && box.right > 0 && box.x < 0; // the row of a table that scrolls by itself
    const [left, right] = isWider ? [0, Math.min(box.right, innerWidth)] : [box.x, box.right];
    const [x, y] = [(left + right) / 2, box.y + box.height / 2];
    const hit = document.elementFromPoint(x, y);
    const isHit = hit && (hit === control || element.contains(hit) || hit.contains(element));
    return left >= -1 && right <= innerWidth + 1 && (isHit || hit?.closest("label")?.control === control);
  };
  const controls = [...document.querySelectorAll("a[href], button, input, select, textarea, summary")];
  return controls
    .filter((control) => control.checkVisibility({ visibilityProperty: true }) && control.type !== "hidden")
    .filter((control) => !control.disabled && !control.matches(".skip-link, .skip-to-content-link"))
    .filter((control) => !control.closest(".visually-hidden, [inert]"))
    .filter((control) => [...shown(control).getClientRects()].some((rect) => rect.width && rect.height))
    .filter((control) => !isReached(control))
    .map((control) => control.outerHTML.slice(0, 120));
}"""


def test_every_page_has_a_strict_policy_that_it_keeps_and_scrolls_not_sideways(pages, problems):
    widths, lost = {}, {}
    for name, page, response in pages(width=WIDTHS[0], height=568):
        policy = response.headers["content-security-policy"]
        assert (name, "default-src 'none'" in policy, "unsafe" in policy) == (name, True, False)
        assert (name, problems.unexpected) == (name, [])
        widths[name] = []
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 844})
            widths[name].append(page.evaluate("document.documentElement.scrollWidth"))
        for width, height in ((320, 256), (320, 568), (1366, 625)):
            page.set_viewport_size({"width": width, "height": height})
            lost[f"{name} {width}×{height}"] = page.evaluate(OUT_OF_REACH)
        page.set_viewport_size({"width": WIDTHS[0], "height": 568})

    assert {name: found for name, found in widths.items() if found != WIDTHS} == {}
    assert {name: found for name, found in lost.items() if found} == {}


# --- States of the exam page ------------------------------------------------------------------------------------------


def help_dialog(page, attempt):
    page.get_by_role("button", name="Keyboard").click()
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()


def hand_in_dialog(page, attempt):
    choose(page, 1, "AB")
    expect_saved(page, 1)
    page.get_by_role("button", name="Finish exam").click()
    expect(page.get_by_role("dialog", name="Submit exam?")).to_be_visible()


def conflict_box(page, attempt):
    attempt.items.update(sequence=5, is_flagged=True)
    choose(page, 1, "CD")
    expect(page.locator("#q1 .conflict")).to_be_visible()


def conflict_page(page, attempt):
    conflict_box(page, attempt)
    page.get_by_role("button", name="Finish exam").click()
    page.get_by_role("button", name="Submit now").click()
    expect(page.get_by_role("heading", name="Not submitted yet")).to_be_visible()


def log_in_banner(page, attempt):
    Session.objects.all().delete()
    choose(page, 1, "A")
    rule_out(page, 1, "B")
    expect(page.get_by_role("link", name="Log in in a new tab")).to_be_visible()


def last_minutes(page, attempt):
    move_deadline(attempt, seconds=200)
    come_back(page)
    expect(page.get_by_role("timer")).to_contain_class("soon")


def display_dialog(page, attempt):
    page.get_by_role("button", name="Display").click()
    expect(page.get_by_role("dialog", name="Display")).to_be_visible()


def offline(page, attempt):
    page.context.set_offline(True)
    choose(page, 1, "A")
    page.keyboard.press("s")
    expect(page.locator("#save-status")).to_contain_text("Offline")


STATES = [
    *(help_dialog, hand_in_dialog, display_dialog, conflict_box, conflict_page),
    *(log_in_banner, offline, last_minutes),
]


@pytest.mark.parametrize("reach", STATES)
def test_state_of_the_exam_page_is_accessible_and_fits_a_phone(new_context, problems, axe, reach):
    problems.allow(refused(401), refused(409), *OFFLINE)
    attempt = make_attempt(exam=make_wide_exam())
    page = open_exam(new_context(), attempt)

    reach(page, attempt)

    assert violations(page, axe) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_palette_opens_and_closes_on_a_phone(new_context, axe):
    attempt = make_attempt(exam=make_wide_exam())
    page = open_exam(new_context(width=390, height=844, has_touch=True), attempt)
    palette, toggle = page.get_by_role("navigation", name="Questions"), page.get_by_role("button", name="Questions")
    expect(palette).to_be_hidden()
    expect(toggle).to_have_attribute("aria-expanded", "false")

    toggle.tap()
    expect(palette).to_be_visible()
    expect(toggle).to_have_attribute("aria-expanded", "true")
    assert violations(page, axe) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 390

    palette.get_by_role("link", name="Question 3").tap()
    expect(page.locator("#q3")).to_be_visible()
    expect(palette).to_be_hidden()
    toggle.tap()
    expect(palette).to_be_visible()
    toggle.tap()
    expect(palette).to_be_hidden()
    expect(toggle).to_have_attribute("aria-expanded", "false")


def test_answer_is_given_by_touch(new_context):
    attempt = make_attempt()
    page = open_exam(new_context(width=390, height=844, has_touch=True), attempt)

    page.locator("label[for=q1-o1]").tap()
    page.get_by_role("button", name="Next").tap()
    page.locator("label[for=q2-o3]").tap()

    expect_saved(page, 1)
    expect_saved(page, 2)
    assert all_stored(attempt) == ["B", "D", "", ""]
