from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('questions', '0013_short_text'),
    ]

    operations = [
        migrations.AlterField(
            model_name='question',
            name='loaded_digest',
            field=models.CharField(blank=True, editable=False, help_text='Of what the last imported file said; if the question says something else, it was edited here.', max_length=64),
        ),
    ]
