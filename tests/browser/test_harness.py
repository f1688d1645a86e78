import pytest

CSP = "default-src 'none'; script-src 'self'"


def serve(page, body, status=200):
    page.route(
        "**/example/",
        lambda route: route.fulfill(
            status=status,
            content_type="text/html",
            headers={"Content-Security-Policy": CSP},
            body=f'<!doctype html><html lang="en"><title>Example</title><main><h1>Example</h1>{body}</main>',
        ),
    )
    page.goto("/example/")


@pytest.mark.parametrize("javascript", [True, False])
def test_log_in_page_opens_without_problems(new_context, axe, javascript):
    page = new_context(javascript=javascript, color_scheme="dark", width=360).new_page()

    assert page.goto("/accounts/login/").status == 200
    assert page.get_by_label("Password", exact=True).is_visible()
    if javascript:
        assert axe(page) == []


def test_axe_finds_serious_violations_under_a_strict_csp(page, axe):
    serve(page, "<input>")

    assert [violation.split()[0] for violation in axe(page)] == ["label"]


@pytest.mark.parametrize(
    ("body", "status", "problem"),
    [
        ("<script>alert(1)</script>", 200, "Content Security Policy"),
        ('<p style="color: red">', 200, "Content Security Policy"),
        ("Oh no", 500, "500: http"),
    ],
)
def test_problems_are_noticed(page, problems, body, status, problem):
    serve(page, body, status)
    page.evaluate("0")  # what happened before this has been reported

    assert any(problem in text for text in problems.unexpected)
    problems.allow("Content Security Policy", "500")
    assert problems.unexpected == []


def test_errors_in_scripts_are_noticed(page, problems):
    page.goto("about:blank")
    with page.expect_event("pageerror"):
        page.evaluate("setTimeout(() => { throw new Error('on purpose') })")

    assert problems.unexpected == ["script: on purpose"]
    problems.allow("on purpose")
