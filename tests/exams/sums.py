"""Statistics of questions with four options, made from sums instead of from a hundred attempts."""

from exams.item_analysis import analyse_item
from exams.models import QuestionStatistics
from exams.services.statistics import FLAG_FIELDS
from exams.tallying import QuestionSums

# Share of the rest → reached, right, blank, and how many chose each option; the key is the second.
SUSPECT = {"2/9": [30, 20, 0, 10, 20, 0, 0], "5/9": [30, 15, 0, 15, 15, 0, 0], "8/9": [40, 5, 0, 35, 5, 0, 0]}
GOOD = {"2/9": [30, 10, 2, 8, 10, 5, 5], "5/9": [30, 20, 0, 4, 20, 3, 3], "8/9": [40, 35, 0, 2, 35, 2, 1]}


def statistics_of(question, cells, seconds=None):
    """Store sums for the question's published revision, with what follows from them, as the workers do."""
    revision = question.published_revision
    sums = QuestionSums(cells, seconds or {"60": 3}, not_reached=4)
    item = analyse_item(sums, kind=revision.kind, key=revision.key, option_count=len(revision.options))
    return QuestionStatistics.objects.create(
        revision=revision,
        cells=sums.cells,
        seconds=sums.seconds,
        not_reached=sums.not_reached,
        reached=item.reached,
        right=item.right,
        share_right=item.share,
        discrimination=item.discrimination,
        median_seconds=item.median_seconds,
        **{name: flag in item.flags for flag, name in FLAG_FIELDS.items()},
    )
