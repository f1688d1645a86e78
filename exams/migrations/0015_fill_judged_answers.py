"""Rows for what was judged before, from the points in each score and the items of its attempt.

Some candidates at a time, each time in a transaction of its own: broken off, it is started again and goes on.
"""

from collections import defaultdict

from django.db import connection, migrations, transaction
from django.db.models import Q

CANDIDATES = 25
FULL = 840

IS_ANSWERED = "(i.response IS NOT NULL AND i.response NOT IN ('[]', 'null'))"
POINTS = {
    "postgresql": "(s.points ->> asked.position::text)::integer",
    "sqlite": """json_extract(s.points, '$."' || asked.position || '"')""",
}
# A first meeting is the first by the moment of hand-in; versions of one score have it alike.
SQL = """
WITH asked AS (
    SELECT a.id AS attempt_id, a.candidate_id, a.submitted_at, a.closed_by, i.id AS item_id, i.position, i.question_id,
           i.revision_id, i.task_id, i.is_scored, i.seconds_spent, {is_answered} AS is_answered,
           rank() OVER (PARTITION BY a.candidate_id, i.question_id ORDER BY a.submitted_at, a.id) = 1 AS is_first,
           max(CASE WHEN {is_answered} THEN i.position END) OVER (PARTITION BY a.id) AS last
    FROM exams_attempt a JOIN exams_attemptitem i ON i.attempt_id = a.id
    WHERE a.candidate_id BETWEEN %s AND %s AND a.submitted_at IS NOT NULL
)
INSERT INTO exams_judgedanswer (candidate_id, item_id, score_id, question_id, revision_id, task_id, earned, is_scored,
                                is_first, given, seconds, answered_at)
SELECT candidate_id, item_id, s.id, question_id, revision_id, task_id, 840 * coalesce({points}, 0), is_scored, is_first,
       CASE WHEN is_answered THEN 1 WHEN last IS NULL THEN 4
            WHEN closed_by = 'deadline' AND position > last THEN 3 ELSE 2 END,
       seconds_spent, submitted_at
FROM asked JOIN exams_score s ON s.attempt_id = asked.attempt_id
WHERE s.earned IS NULL
"""


def fill(apps, schema_editor):
    Attempt, Task = apps.get_model("exams", "Attempt"), apps.get_model("questions", "Task")
    tasks = {task.pk: task for task in Task.objects.select_related("domain")}
    sql = SQL.format(is_answered=IS_ANSWERED, points=POINTS[connection.vendor])
    last = 0
    while True:
        scored = Attempt.objects.filter(candidate__gt=last, scores__isnull=False)
        candidates = list(scored.order_by("candidate").values_list("candidate", flat=True).distinct()[:CANDIDATES])
        if not candidates:
            return
        last = candidates[-1]
        with transaction.atomic():
            scores = rows_without(apps, candidates)
            with connection.cursor() as cursor:
                cursor.execute(sql, [candidates[0], last])
            complete(apps, scores, tasks)


def rows_without(apps, candidates):
    Score = apps.get_model("exams", "Score")
    scores = Score.objects.filter(
        earned=None, attempt__candidate__gte=candidates[0], attempt__candidate__lte=candidates[-1]
    )
    return list(scores.order_by("pk").only("correct", "outline", "attempt"))


def complete(apps, scores, tasks):
    """Fill what each score keeps itself: what was earned, and which task had which code then."""
    asked = defaultdict(set)
    items = apps.get_model("exams", "AttemptItem").objects.filter(attempt__in={score.attempt_id for score in scores})
    for attempt_id, task_id in items.order_by().values_list("attempt", "task").distinct():
        asked[attempt_id].add(task_id)
    for score in scores:
        score.earned = FULL * score.correct
        add_ids(score.outline, [tasks[pk] for pk in sorted(asked[score.attempt_id])])
    apps.get_model("exams", "Score").objects.bulk_update(scores, ["earned", "outline"], batch_size=500)


def add_ids(outline, tasks):
    """Say in the outline which of its codes each task had: the one with its name and code of today, else with its name,
    else with its code, else one that is left. A task that is in none of it has its names of today."""
    left = {(number, code): name for number, domain in outline.items() for code, name in domain["tasks"].items()}
    for domain in outline.values():
        domain["ids"] = {}
    rules = (
        lambda task, place: place[1] == task.code and left[place] == task.name,
        lambda task, place: left[place] == task.name,
        lambda task, place: place[1] == task.code,
        lambda task, place: True,
    )
    for fits in rules:
        for task in list(tasks):
            place = next((place for place in sorted(left) if fits(task, place)), None)
            if place is not None:
                outline[place[0]]["ids"][str(task.pk)] = place[1]
                del left[place]
                tasks.remove(task)
    for task in tasks:
        domain = outline.setdefault(
            str(task.domain.number), {"name": task.domain.name, "tasks": {}, "ids": {}}
        )
        domain["tasks"].setdefault(task.code, task.name)
        domain["ids"][str(task.pk)] = task.code


def fill_sums(apps, schema_editor):
    """Give scores of the new version what the old one reads. Part marks count as nothing there: it does not know them."""
    Score, JudgedAnswer = apps.get_model("exams", "Score"), apps.get_model("exams", "JudgedAnswer")
    while scores := list(Score.objects.filter(Q(points=None)).order_by("pk")[:500]):
        answers = defaultdict(list)
        for answer in JudgedAnswer.objects.filter(score__in=scores).select_related("item"):
            answers[answer.score_id].append(answer)
        for score in scores:
            code_of = {
                pk: (number, code) for number, domain in score.outline.items() for pk, code in domain["ids"].items()
            }
            score.points, score.domains, score.tasks = {}, {}, {}
            for answer in answers[score.pk]:
                right = answer.earned // FULL
                score.points[str(answer.item.position)] = right
                for sums, code in zip((score.domains, score.tasks), code_of[str(answer.task_id)], strict=True):
                    if answer.is_scored:
                        correct, total = sums.get(code, [0, 0])
                        sums[code] = [correct + right, total + 1]
        Score.objects.bulk_update(scores, ["points", "domains", "tasks"])


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("exams", "0014_judged_answers")]

    operations = [migrations.RunPython(fill, fill_sums)]
