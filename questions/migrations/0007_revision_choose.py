from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [('questions', '0006_search')]

    operations = [
        migrations.AddField(
            model_name='revision',
            name='choose',
            field=models.PositiveSmallIntegerField(
                editable=False,
                help_text='How many options candidates are told to choose; none: they are not told.',
                null=True,
            ),
        ),
    ]
