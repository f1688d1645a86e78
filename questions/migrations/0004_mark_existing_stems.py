from django.db import migrations

from questions.linting import stem_marks


def mark_stems(apps, schema_editor):
    Revision, StemMark = apps.get_model('questions', 'Revision'), apps.get_model('questions', 'StemMark')
    latest = None
    rows = []
    # Newest first within a question: the first row of each is its latest stem.
    for question, stem in Revision.objects.order_by('question', '-number').values_list('question', 'stem').iterator():
        if question != latest:
            rows += [StemMark(question_id=question, mark=mark) for mark in stem_marks(stem)]
            latest = question
        if len(rows) > 5000:
            StemMark.objects.bulk_create(rows)
            rows = []
    StemMark.objects.bulk_create(rows)


class Migration(migrations.Migration):

    dependencies = [('questions', '0003_stem_marks')]

    operations = [migrations.RunPython(mark_stems, migrations.RunPython.noop)]
