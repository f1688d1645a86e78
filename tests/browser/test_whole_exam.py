"""The product as it is delivered: its own bank and exams, and one candidate who takes the full mock."""

import random
import re

from django.conf import settings
from django.core.management import call_command
from django.urls import reverse
from playwright.sync_api import expect

from exams.attempts.models import Attempt
from tests.browser.helpers import LETTERS, all_stored, expect_result, sign_up


def points_by_position(attempt):
    """Judge the attempt anew from what the database holds, without the project's scoring."""
    rows = attempt.items.order_by("position").values_list("position", "is_scored", "response", "revision__key")
    return {position: (is_scored, sorted(response or []) == sorted(key)) for position, is_scored, response, key in rows}


def test_full_mock_exam_is_taken_scored_and_explained(page, mailoutbox):
    call_command("load_bank", settings.BASE_DIR / "fixtures", verbosity=0)
    call_command("create_exams", verbosity=0)
    rng = random.Random(65)
    sign_up(page, "candidate@example.com", mailoutbox)
    page.get_by_role("link", name="MLS-C01", exact=True).click()
    page.get_by_role("link", name="MLS-C01 full mock exam").click()
    page.get_by_role("button", name="Start exam").click()
    expect(page.get_by_role("timer", name="Time left")).to_have_text(re.compile(r"^2:59:\d\d$|^3:00:00$"))
    attempt = Attempt.objects.get()
    questions = page.locator(".question")
    expect(questions).to_have_count(65)

    given = []
    for position in range(1, 66):
        question = page.locator(f"#q{position}")
        options = question.locator("[type=radio], [name$=choice]")
        count = options.count()
        # The right answer in about three of four questions: a person's result, neither zero nor all.
        item = attempt.items.select_related("revision").get(position=position)
        right = [shown for shown, own in enumerate(item.option_order) if own in item.revision.key]
        numbers = right if rng.random() < 0.75 else rng.sample(range(count), len(right))
        for number in sorted(numbers):
            page.keyboard.press(LETTERS[number].lower())
        given.append("".join(LETTERS[number] for number in sorted(numbers)))
        expect(question.locator(".saved")).to_be_visible()
        page.keyboard.press("n")
    assert all_stored(attempt) == given

    page.get_by_role("button", name="Finish exam").click()
    expect(page.get_by_role("dialog", name="Submit exam?")).to_contain_text("All 65 questions are answered.")
    page.get_by_role("button", name="Submit now").click()
    expect_result(page, attempt)

    points = points_by_position(attempt)
    right = sum(is_right for is_scored, is_right in points.values() if is_scored)
    total = sum(is_scored for is_scored, _ in points.values())
    unscored_right = sum(is_right for is_scored, is_right in points.values() if not is_scored)
    scaled = round(100 + 900 * right / total)
    assert total == 50
    score = page.get_by_role("region", name="Estimated score")
    expect(score.locator(".score-number")).to_have_text(str(scaled))
    expect(score).to_contain_text(f"{'above' if scaled >= 750 else 'below'} the pass mark of 750")
    expect(score).to_contain_text(f"{right} of 50 scored questions correct")
    expect(score).to_contain_text(f"Unscored: {unscored_right} of 15.")
    expect(page.locator(".estimating")).to_contain_text(f"100 + 900 × {right}/50 = {scaled}")

    by_domain = {}
    for item in attempt.items.filter(is_scored=True).select_related("task__domain").order_by("task__domain__number"):
        by_domain.setdefault(item.task.domain.name, []).append(points[item.position][1])
    assert [len(answers) for answers in by_domain.values()] == [10, 12, 18, 10]  # 20, 24, 36 and 20 %
    shown = page.locator(".domain-row")
    assert sorted(shown.get_by_role("heading", level=3).all_inner_texts()) == sorted(by_domain)
    for name, answers in by_domain.items():
        expect(page.get_by_role("region", name=name)).to_contain_text(f"{sum(answers)} of {len(answers)} (")
    lowest = min(by_domain, key=lambda name: sum(by_domain[name]) / len(by_domain[name]))
    expect(shown.first.get_by_role("heading", level=3)).to_have_text(lowest)
    expect(shown.first.get_by_role("link", name="Practice this domain")).to_be_visible()

    page.get_by_role("link", name="Review the questions").click()
    page.get_by_role("link", name="All on one page, to print").click()
    articles = page.get_by_role("article")
    expect(articles).to_have_count(65)
    verdicts = [text.strip() for text in articles.locator("header .tag:first-child").all_inner_texts()]
    assert verdicts == ["✓ correct" if is_right else "✗ wrong" for _, is_right in points.values()]
    expect(page.locator(".rationale:empty")).to_have_count(0)
    expect(page.locator(".rationale")).to_have_count(sum(len(item.option_order) for item in attempt.items.all()))
    assert page.locator(".references").all_inner_texts().count("Read more: .") == 0

    page.goto(reverse("exams:history"))
    expect(page.get_by_role("row", name="MLS-C01 full mock exam")).to_contain_text(f"{scaled} {right} of 50")
