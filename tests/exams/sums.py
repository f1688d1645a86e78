"""Statistics of questions with four options, made from sums instead of from a hundred attempts."""

from exams.scoring.models import Score
from exams.statistics.services import statistics_row
from exams.statistics.tallying import QuestionSums

# Share of the rest → reached, right, blank, and how many chose each option; the key is the second.
SUSPECT = {"2/9": [30, 20, 0, 10, 20, 0, 0], "5/9": [30, 15, 0, 15, 15, 0, 0], "8/9": [40, 5, 0, 35, 5, 0, 0]}
GOOD = {"2/9": [30, 10, 2, 8, 10, 5, 5], "5/9": [30, 20, 0, 4, 20, 3, 3], "8/9": [40, 35, 0, 2, 35, 2, 1]}


def statistics_of(question, cells, seconds=None):
    """Store sums for the question's published revision, with what follows from them, as the workers do.

    What was scored so far is taken as counted, or these sums would be computed from it.
    """
    Score.objects.update(is_counted=True)
    revision = question.published_revision
    sums = QuestionSums(cells, seconds or {"60": 3}, not_reached=4)
    row = statistics_row(revision, sums)
    row.save()
    return row
