"""What people read in the candidates' templates goes through gettext, and makemessages finds it."""

import re

import pytest
from django.conf import settings
from django.utils.translation.template import templatize

TEMPLATES = settings.BASE_DIR / "templates"
PATHS = [
    path
    for path in sorted(TEMPLATES.rglob("*"))
    if path.suffix in {".html", ".txt", ".jinja"} and "admin" not in path.relative_to(TEMPLATES).parts
]
NAMES = [str(path.relative_to(TEMPLATES)) for path in PATHS]
# Comments, texts that are translated, blocks of class names, and what is the same in every language.
NO_TEXT = re.compile(
    r"{% comment %}.*?{% endcomment %}|{#.*?#}|{% blocktranslate.*?{% endblocktranslate %}"
    r"|{% block \w+_class %}.*?{% endblock %}|<kbd>.*?</kbd>",
    re.DOTALL,
)
TAG = re.compile(r"{%.*?%}|{{.*?}}", re.DOTALL)
READ_ALOUD = re.compile(r'\b(?:aria-label|title|placeholder|alt|data-label)="([^"]*)"')
WORD = re.compile(r"[A-Za-z]{3,}")


def words_left(source: str) -> list[str]:
    """Return the words of a template that are not translated, in its text and in the attributes that people get."""
    source = TAG.sub("", NO_TEXT.sub("", source))
    texts = [re.sub(r"<[^>]*>", " ", source), *READ_ALOUD.findall(source)]
    return WORD.findall(" ".join(texts))


@pytest.mark.parametrize("path", PATHS, ids=NAMES)
def test_no_word_of_a_template_is_left_untranslated(path):
    assert words_left(path.read_text()) == []


@pytest.mark.parametrize("path", PATHS, ids=NAMES)
def test_every_text_of_a_template_is_found_by_makemessages(path):
    source = path.read_text()

    found = templatize(source)

    if path.suffix == ".jinja":
        assert found.count("_(") == len(re.findall(r"""\b_\(["']""", source))


@pytest.mark.parametrize("path", PATHS, ids=NAMES)
def test_template_stays_within_120_columns(path):
    assert [line for line in path.read_text().splitlines() if len(line) > 120] == []


@pytest.mark.parametrize(
    "source",
    ["<p>Saved</p>", '<p aria-label="Saved"></p>', "{% if x %}Saved{% endif %}", "{{ x }} of them"],
)
def test_untranslated_word_is_noticed(source):
    assert words_left(source) != []


@pytest.mark.parametrize(
    "source",
    [
        '<p class="saved">{% translate "Saved" %}</p>',
        '<p aria-label="{% translate "Saved" %}">{{ saved }}</p>',
        "{% blocktranslate %}<b>Saved</b>{% endblocktranslate %}",
        "{# Saved #}",
    ],
)
def test_translated_word_is_none(source):
    assert words_left(source) == []
