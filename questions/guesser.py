"""How often somebody who sees only the surface of the options finds the key. Needs scikit-learn, a development tool.

Two models learn from `questions.surface.measures`, set against the other options of the same question: a logistic
regression, and a forest that also finds what is neither most nor least. Each is judged on questions it was not trained
on; all options of a question, and all questions of a case, are in one fold. Seeds are fixed: the same bank gives the
same figures.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from questions.content import QuestionContent
from questions.surface import keys_of, measures

FOLDS, REPEATS = 5, 3
# With fewer questions the figure says nothing: of 50, chance alone finds more than 30 % of four every fifth time.
ENOUGH = 50
MARGIN = 0.05


def can_guess() -> bool:
    return find_spec("sklearn") is not None


@dataclass(frozen=True)
class Guessed:
    """How often each model found the key of these questions, and how often chance does."""

    questions: int
    chance: float
    found: dict[str, float]

    @property
    def best(self) -> float:
        return max(self.found.values(), default=0.0)

    @property
    def is_too_good(self) -> bool:
        return self.questions >= ENOUGH and self.best > self.chance + MARGIN


@dataclass(frozen=True)
class Guesses:
    """For every question with marked options, by its place: how often each model found its keys, 0–1."""

    chances: dict[int, float]
    found: dict[str, dict[int, float]]

    def of(self, places: Sequence[int]) -> Guessed:
        counted = [place for place in places if place in self.chances]
        mean = {name: _mean([rates[place] for place in counted]) for name, rates in self.found.items()}
        return Guessed(len(counted), _mean([self.chances[place] for place in counted]), mean if counted else {})

    def sure(self, place: int) -> float:
        """Return how often the better model found the keys of a question."""
        return max((rates.get(place, 0.0) for rates in self.found.values()), default=0.0)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def chance(question: QuestionContent) -> float:
    """Return how often blind guessing finds all keys, and only these, knowing how many there are."""
    return 1 / math.comb(len(question.options), len(keys_of(question)))


def guess(questions: Sequence[QuestionContent]) -> Guesses:
    """Cross-validate both models on these questions. Raises `ImportError` without scikit-learn."""
    import numpy as np

    asked = [place for place, question in enumerate(questions) if keys_of(question)]
    chances = {place: chance(questions[place]) for place in asked}
    cases = _groups([questions[place] for place in asked])
    if len(set(cases)) < FOLDS:
        return Guesses(chances, {})
    parts = [_against_the_others(np.array(measures(questions[place]), dtype=float)) for place in asked]
    answers = [[option.key for option in questions[place].options] for place in asked]
    rows, right = np.vstack(parts), np.concatenate(answers).astype(int)
    owner = np.repeat(np.arange(len(asked)), [len(part) for part in parts])
    found = {name: dict.fromkeys(asked, 0.0) for name in _models(0)}
    for seed in range(REPEATS):
        fold = _folds(cases, seed)
        for number in range(FOLDS):
            is_test = fold[owner] == number
            for name, model in _models(seed).items():
                model.fit(rows[~is_test], right[~is_test])
                scores = model.predict_proba(rows)[:, 1]
                for at in np.flatnonzero(fold == number):
                    hit = _share_found(scores[owner == at], np.array(answers[at]))
                    found[name][asked[at]] += hit / REPEATS
    return Guesses(chances, found)


def _groups(questions: Sequence[QuestionContent]) -> list[int]:
    """Return a number for each question, the same one for all questions of a case."""
    numbers: dict[str, int] = {}
    return [numbers.setdefault(question.case or f"\0{at}", len(numbers)) for at, question in enumerate(questions)]


def _folds(groups: Sequence[int], seed: int) -> Any:
    import numpy as np

    order = np.random.default_rng(seed).permutation(max(groups) + 1)
    return (order % FOLDS)[np.array(groups)]


def _against_the_others(values: Any) -> Any:
    """Return for each option how far it is from the others of its question, its rank, and how far out that is."""
    import numpy as np

    spread = values.std(axis=0)
    distance = np.where(spread > 1e-9, (values - values.mean(axis=0)) / np.where(spread > 1e-9, spread, 1), 0)
    rank = np.sign(values[:, None, :] - values[None, :, :]).sum(axis=1) / (len(values) - 1)
    return np.hstack([distance, rank, np.abs(rank)])


def _models(seed: int) -> dict[str, Any]:
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return {
        "regression": make_pipeline(StandardScaler(), LogisticRegression(C=0.03, max_iter=2000)),
        "forest": RandomForestClassifier(100, min_samples_leaf=8, random_state=seed, n_jobs=1),
    }


def _share_found(scores: Any, is_right: Any) -> float:
    """Return 1 if the options of the highest scores are the right ones; with ties, how often drawing lots is right."""
    least = scores[is_right].min()
    if (scores[~is_right] > least).any():
        return 0.0
    tied, rivals = int((scores[is_right] == least).sum()), int((scores[~is_right] == least).sum())
    return 1 / math.comb(tied + rivals, tied)
