import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('exams', '0004_rescores'),
        ('questions', '0003_stem_marks'),
    ]

    operations = [
        migrations.CreateModel(
            name='Counting',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ('counted_at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='one_counting')],
            },
        ),
        migrations.CreateModel(
            name='ExamStatistics',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('scores', models.JSONField(default=dict)),
                ('right', models.JSONField(default=dict)),
                ('empty', models.PositiveIntegerField(default=0)),
                ('exam', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='statistics', to='exams.exam')),
                ('form', models.OneToOneField(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='statistics', to='exams.examform')),
            ],
            options={
                'verbose_name': 'exam statistics',
                'verbose_name_plural': 'exam statistics',
                'constraints': [models.UniqueConstraint(condition=models.Q(('form', None)), fields=('exam',), name='one_statistics_of_drawn_attempts')],
            },
        ),
        migrations.CreateModel(
            name='QuestionStatistics',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('revision', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='statistics', to='questions.revision')),
                ('cells', models.JSONField(default=dict)),
                ('seconds', models.JSONField(default=dict)),
                ('not_reached', models.PositiveIntegerField(default=0)),
                ('reached', models.PositiveIntegerField(default=0)),
                ('right', models.PositiveIntegerField(default=0)),
                ('share_right', models.FloatField(db_index=True, null=True)),
                ('discrimination', models.FloatField(db_index=True, null=True)),
                ('median_seconds', models.FloatField(null=True, verbose_name='median time')),
                ('is_key_suspect', models.BooleanField(default=False, verbose_name='key suspect')),
                ('is_negative', models.BooleanField(default=False, verbose_name='negative discrimination')),
                ('is_too_easy', models.BooleanField(default=False, verbose_name='too easy')),
                ('is_too_hard', models.BooleanField(default=False, verbose_name='too hard')),
                ('has_dead_distractor', models.BooleanField(default=False, verbose_name='dead distractor')),
            ],
            options={
                'verbose_name': 'question statistics',
                'verbose_name_plural': 'question statistics',
                'ordering': ['revision'],
            },
        ),
        migrations.AddField(
            model_name='score',
            name='is_counted',
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        migrations.AddIndex(
            model_name='score',
            index=models.Index(condition=models.Q(('is_counted', False), ('is_current', True)), fields=['id'], name='scores_to_count'),
        ),
    ]
