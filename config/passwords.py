"""How hard a password is to guess, for somebody who knows this site and this person. Nothing leaves the machine."""

import re
import threading
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from zxcvbn import zxcvbn

from accounts.hashing import turn
from questions.models import Certification

LONGEST = 256
# zxcvbn takes seconds for the worst 70 characters and a third of one for 32. A password whose beginning is hard to
# guess is hard to guess.
LOOKED_AT = 32
LEAST_SCORE = 3  # of 0 to 4: more than a hundred million guesses
CONTEXT = ["exam", "exams", "mock", "practice", "test", "quiz", "question", "certification", "amazon", "aws"]
# The library keeps the words of one call in a table that all calls share.
_one_at_a_time = threading.Lock()


# Letters that people write as digits and signs, and what stands between words: they make nothing harder to guess.
LOOK_ALIKES = str.maketrans("0134578@$!", "oieastbasi")
SEPARATORS = re.compile(r"[\s._-]+")


class GuessabilityValidator:
    """Refuse what zxcvbn guesses early: common and leaked passwords, words, names, dates, patterns of the keyboard."""

    def validate(self, password: str, user: Any = None) -> None:
        if len(password) > LONGEST:
            raise ValidationError(
                _("This password is too long. The maximum is %(most)d characters."),
                "password_too_long",
                {"most": LONGEST},
            )
        context = context_of(user)
        beginning = password[:LOOKED_AT]
        versions = {beginning, SEPARATORS.sub("", beginning), without(context, beginning)}
        with turn(), _one_at_a_time:  # it takes longer than a hash, so it takes turns with them
            least = min((judge(version, context) for version in versions), key=lambda result: result["score"])
        if least["score"] < LEAST_SCORE:
            advice = least["feedback"]["warning"] or _(
                "Words of this site, names, dates and patterns are guessed first"
            )
            raise ValidationError(
                _(
                    "This password is easy to guess. %(advice)s. Try several words that have nothing to do "
                    "with each other."
                ),
                "password_easy_to_guess",
                {"advice": advice.rstrip(".")},
            )

    def get_help_text(self) -> str:
        return _(
            "Your password must be hard to guess even for somebody who knows you and this site. "
            "Several unrelated words work well."
        )


def context_of(user: Any) -> list[str]:
    """Return the words that somebody who knows this site and this person would try first."""
    texts = [settings.SITE_NAME, getattr(user, "name", ""), getattr(user, "email", "")]
    codes = [code.lower() for code in Certification.objects.values_list("code", flat=True)]
    words = [word for text in texts for word in re.split(r"[\W_]+", text.lower()) if len(word) > 2]
    whole = [re.sub(r"[\W_]+", "", text.lower()) for text in [*texts, *codes]]
    return [*CONTEXT, *codes, *words, *filter(None, whole)]


def without(context: list[str], password: str) -> str:
    """Return what is left without the words of the context, whether or not with look-alikes, and without separators."""
    rest = password
    for word in sorted(context, key=len, reverse=True):
        plain = rest.lower().translate(LOOK_ALIKES)
        word = word.translate(LOOK_ALIKES)
        while len(word) > 2 and len(plain) == len(rest) and (at := plain.find(word)) >= 0:
            rest = rest[:at] + rest[at + len(word) :]
            plain = plain[:at] + plain[at + len(word) :]
    return SEPARATORS.sub("", rest)


def judge(password: str, context: list[str]) -> Any:
    return zxcvbn(password, user_inputs=context) if password else {"score": 0, "feedback": {"warning": ""}}
