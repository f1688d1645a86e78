import re
from fractions import Fraction

import pytest
from django.template import Context, Template
from django.utils import translation


def drawn(arguments, **context):
    return Template("{% load share_band %}{% share_band " + arguments + " %}").render(Context(context))


def lengths(html, name):
    element = re.search(f'<\\w+ class="{name}"[^>]*>', html)
    return dict(re.findall(r'\b(x|x1|cx|width)="([\d.]+)%"', element.group())) if element else None


def test_share_band_places_band_dot_and_mark_in_percent():
    html = drawn("44 32 56 69 verdict='weak'")
    assert lengths(html, "band") == {"x": "32.0", "width": "24.0"}
    assert lengths(html, "dot") == {"cx": "44.0"}
    assert lengths(html, "mark") == {"x1": "69.0"}
    assert 'class="share-band weak"' in html


def test_share_band_says_what_it_shows():
    assert 'role="img" aria-label="44 %, likely 32 to 56 %, pass mark 69 %"' in drawn("44 32 56 69")


@pytest.mark.parametrize(
    ("value", "words"),
    [(68.9, "68.9 %"), (Fraction(1, 3) * 100, "33 %"), (99.8, "99.8 %"), (0, "0 %"), (100, "100 %")],
)
def test_share_band_never_rounds_across_a_mark(value, words):
    assert f'aria-label="{words}, ' in drawn("value 0 100 69", value=value)


def test_share_band_draws_a_score_on_its_own_scale():
    html = drawn("712 588 813 720 minimum=100 maximum=1000 unit=''")
    assert lengths(html, "dot") == {"cx": "68.0"}
    assert lengths(html, "mark") == {"x1": "68.9"}
    assert 'aria-label="712, likely 588 to 813, pass mark 720"' in html


def test_share_band_stays_inside_its_scale():
    html = drawn("50 -20 130 69")
    assert lengths(html, "band") == {"x": "0.0", "width": "100.0"}


def test_share_band_without_answers_draws_the_mark_alone():
    html = drawn("None None None 69")
    assert (lengths(html, "band"), lengths(html, "dot"), lengths(html, "mark")) == (None, None, {"x1": "69.0"})
    assert 'aria-label="no answers yet"' in html


def test_share_band_is_hidden_where_the_page_says_the_same():
    assert 'aria-hidden="true"' in drawn("44 32 56 69 label=''")


def test_share_band_keeps_decimal_points_in_other_languages():
    with translation.override("es"):
        assert lengths(drawn("44.5 32.25 56 69"), "dot") == {"cx": "44.5"}
