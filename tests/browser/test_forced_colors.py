"""Windows' high contrast: no state is told by a color or a shadow alone; and the palette in a low window."""

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from exams.attempts.services import closing as services
from exams.attempts.services.saving import Answer
from tests.browser.helpers import choose, expect_saved, go_to, log_in, open_exam, rule_out
from tests.exams.helpers import make_exam_of, make_mls_exam
from tests.factories import UserFactory, make_attempt, make_content

# What is drawn of an element and of its marks, as the forced colors leave it.
DRAWN = """(element) => ["", "::before", "::after"].map((mark) => {
  const style = getComputedStyle(element, mark || undefined);
  const sides = ["Top", "Right", "Bottom", "Left"].map(
    (side) => `${style[`border${side}Width`]} ${style[`border${side}Style`]} ${style[`border${side}Color`]}`);
  const { backgroundColor, outlineStyle, outlineWidth, fontWeight, content } = style;
  return [backgroundColor, outlineStyle, outlineWidth, fontWeight, content, ...sides].join();
}).join("|")"""


FILL = "(element) => getComputedStyle(element).fill"


def drawn(locator):
    return locator.evaluate(DRAWN)


@pytest.fixture(params=["light", "dark"])
def forced(request, new_context):
    return new_context(forced_colors="active", color_scheme=request.param)


def test_states_of_the_exam_page_look_different_in_forced_colors(forced):
    attempt = make_attempt(exam=make_exam_of(*(make_content(f"x{n}", "multiple") for n in range(8))))
    attempt.items.filter(position=4).update(seconds_spent=5)
    page = open_exam(forced, attempt)
    choose(page, 2, "AB")
    choose(page, 3, "A")
    page.locator("#q3").get_by_label("Flag for later").check()
    choose(page, 5, "CD")
    expect_saved(page, 5)
    page.locator("#q5").get_by_label("Flag for later").check()
    go_to(page, 6)
    rule_out(page, 6, "B")
    choose(page, 6, "A")
    expect_saved(page, 6)

    links = page.locator("#palette a")
    states = {name: drawn(links.nth(number - 1)) for name, number in PALETTE.items()}
    options = {
        name: drawn(page.locator(f"#q6 .option:nth-child({number})")) for name, number in [("chosen", 1), ("open", 3)]
    }

    assert len(set(states.values())) == len(PALETTE)
    assert options["chosen"] != options["open"]
    assert drawn(page.locator("label[for=q6-s1]")) != drawn(page.locator("label[for=q6-s2]"))


PALETTE = {"answered": 2, "incomplete, flagged": 3, "seen": 4, "answered, flagged": 5, "current": 6, "unseen": 8}


def test_right_and_wrong_look_different_in_forced_colors(forced):
    attempt = make_attempt(exam=make_exam_of(make_content("x", shuffle=False)))
    answers = [Answer(position=1, chosen=(0,))]
    services.submit_attempt(candidate=attempt.candidate, attempt_id=attempt.pk, answers=answers, now=timezone.now())
    log_in(forced, attempt.candidate)
    page = forced.new_page()

    page.goto(reverse("exams:review-all", args=[attempt.pk]))

    looks = {drawn(page.locator(f".explained .option:nth-child({number})")) for number in (1, 2, 3)}
    assert len(looks) == 3
    page.goto(reverse("exams:attempt-result", args=[attempt.pk]))
    fills = [page.locator(f".share-band {part}").first.evaluate(FILL) for part in (".track", ".dot")]
    assert len(set(fills)) == 2


def test_chosen_rows_and_filters_of_the_admin_look_different_in_forced_colors(forced):
    make_attempt()
    log_in(forced, UserFactory(superuser=True))
    page = forced.new_page()
    page.goto(reverse("admin:questions_question_changelist"))
    page.locator(".action-select").first.check()

    rows, filters = page.locator("#result_list tbody tr"), page.locator("#changelist-filter ul").first.locator("a")

    assert drawn(rows.nth(0)) != drawn(rows.nth(1))
    assert drawn(filters.nth(0)) != drawn(filters.nth(1))


def test_palette_reaches_every_question_in_a_low_window_and_clips_no_ring(new_context):
    page = open_exam(new_context(width=1366, height=625), make_attempt(exam=make_mls_exam()))

    for position in (56, 65, 1):
        go_to(page, position)
        box, link = page.locator("#palette").bounding_box(), page.locator("#palette a").nth(position - 1).bounding_box()
        assert min(link["width"], link["height"]) >= 36  # as large as a finger
        assert box["x"] + 4 <= link["x"]
        assert link["x"] + link["width"] + 4 <= box["x"] + box["width"]
        assert box["y"] + box["height"] <= page.locator("#exam-foot").bounding_box()["y"]

    for _ in range(64):
        page.keyboard.press("n")
    expect(page.locator("#palette a").last).to_be_in_viewport()
