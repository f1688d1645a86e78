from django.db import migrations

from questions.content import CHOOSE_ALL


def count_keys(apps, schema_editor):
    Revision = apps.get_model('questions', 'Revision')
    for revision in Revision.objects.filter(kind='multiple').only('stem', 'key').iterator():
        if revision.key and not CHOOSE_ALL.search(revision.stem):
            Revision.objects.filter(pk=revision.pk).update(choose=len(revision.key))


class Migration(migrations.Migration):

    dependencies = [('questions', '0007_revision_choose')]

    operations = [migrations.RunPython(count_keys, migrations.RunPython.noop)]
