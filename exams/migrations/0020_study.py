import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('exams', '0019_words'),
        ('questions', '0018_reserved'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='StudyPlan',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('exam_date', models.DateField(blank=True, null=True, verbose_name='exam date')),
                ('minutes_a_day', models.PositiveSmallIntegerField(default=20, validators=[django.core.validators.MinValueValidator(5), django.core.validators.MaxValueValidator(600)], verbose_name='minutes a day')),
                ('chosen_at', models.DateTimeField()),
                ('parameters', models.JSONField(editable=False, null=True)),
                ('fitted_answers', models.PositiveIntegerField(default=0, editable=False)),
                ('candidate', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='study_plans', to=settings.AUTH_USER_MODEL)),
                ('certification', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='questions.certification')),
            ],
            options={
                'ordering': ['candidate', '-chosen_at'],
                'constraints': [models.UniqueConstraint(fields=('candidate', 'certification'), name='one_plan_per_certification')],
            },
        ),
        migrations.CreateModel(
            name='PracticeSet',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('title', models.CharField(max_length=100, verbose_name='title')),
                ('criteria', models.JSONField()),
                ('created_at', models.DateTimeField()),
                ('certification', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='questions.certification')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='practice_sets', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['owner', '-created_at'],
            },
        ),
        migrations.CreateModel(
            name='SetAssignment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('cohort', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='set_assignments', to='exams.cohort')),
                ('set', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='assignments', to='exams.practiceset')),
            ],
            options={
                'ordering': ['cohort', '-at'],
                'constraints': [models.UniqueConstraint(fields=('set', 'cohort'), name='one_assignment_of_a_set')],
            },
        ),
        migrations.CreateModel(
            name='Practice',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('title', models.CharField(max_length=100)),
                ('feedback', models.CharField(choices=[('each', 'after each question'), ('end', 'at the end')], default='each', max_length=4)),
                ('started_at', models.DateTimeField()),
                ('deadline_at', models.DateTimeField(blank=True, null=True)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('candidate', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='practices', to=settings.AUTH_USER_MODEL)),
                ('certification', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='questions.certification')),
                ('set', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='practices', to='exams.practiceset')),
            ],
            options={
                'ordering': ['candidate', '-started_at'],
                'indexes': [models.Index(fields=['candidate', '-started_at'], name='practices_of_a_candidate'), models.Index(condition=models.Q(('finished_at', None)), fields=['candidate', '-started_at'], name='practices_under_way')],
            },
        ),
        migrations.CreateModel(
            name='PracticeItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField()),
                ('option_order', models.JSONField()),
                ('response', models.JSONField(blank=True, null=True)),
                ('is_flagged', models.BooleanField(default=False)),
                ('struck', models.JSONField(default=list)),
                ('is_sure', models.BooleanField(blank=True, null=True)),
                ('first_response', models.JSONField(blank=True, null=True)),
                ('changed_after', models.PositiveIntegerField(blank=True, null=True)),
                ('seconds_spent', models.PositiveIntegerField(default=0)),
                ('sequence', models.PositiveIntegerField(default=0)),
                ('saved_by_page', models.CharField(blank=True, max_length=32)),
                ('page_count', models.PositiveIntegerField(default=0)),
                ('reason', models.CharField(choices=[('chosen', 'chosen'), ('new', 'new'), ('due', 'to be repeated'), ('missed', 'missed before'), ('unsure', 'answered unsurely before'), ('sibling', 'on the same task as one you missed')], default='chosen', max_length=8)),
                ('checked_at', models.DateTimeField(blank=True, null=True)),
                ('practice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='items', to='exams.practice')),
                ('question', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='practice_items', to='questions.question')),
                ('revision', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='questions.revision')),
                ('task', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='questions.task')),
            ],
            options={
                'ordering': ['practice', 'position'],
                'constraints': [models.UniqueConstraint(fields=('practice', 'position'), name='one_practice_item_per_position'), models.UniqueConstraint(fields=('practice', 'question'), name='no_question_twice_in_a_practice')],
            },
        ),
        migrations.CreateModel(
            name='Memory',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('was_right_first', models.BooleanField()),
                ('is_right', models.BooleanField()),
                ('is_sure', models.BooleanField(null=True)),
                ('answers', models.PositiveIntegerField()),
                ('misses', models.PositiveIntegerField()),
                ('last_at', models.DateTimeField()),
                ('stability', models.FloatField()),
                ('difficulty', models.FloatField()),
                ('due_at', models.DateTimeField(null=True)),
                ('candidate', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='memories', to=settings.AUTH_USER_MODEL)),
                ('question', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='questions.question')),
            ],
            options={
                'verbose_name_plural': 'memories',
                'ordering': ['candidate', 'due_at'],
                'indexes': [models.Index(fields=['candidate', 'due_at'], name='memories_by_due')],
                'constraints': [models.UniqueConstraint(fields=('candidate', 'question'), name='one_memory_of_a_question')],
            },
        ),
        migrations.CreateModel(
            name='Note',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.TextField(blank=True, max_length=2000, verbose_name='note')),
                ('is_bookmarked', models.BooleanField(default=False)),
                ('version', models.PositiveIntegerField(default=1)),
                ('updated_at', models.DateTimeField()),
                ('candidate', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='notes', to=settings.AUTH_USER_MODEL)),
                ('question', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='questions.question')),
            ],
            options={
                'ordering': ['candidate', 'question'],
                'constraints': [models.UniqueConstraint(fields=('candidate', 'question'), name='one_note_of_a_question')],
            },
        ),
        migrations.AddField(
            model_name='practiceset',
            name='cohorts',
            field=models.ManyToManyField(related_name='practice_sets', through='exams.SetAssignment', to='exams.cohort'),
        ),
        migrations.AddField(
            model_name='attemptitem',
            name='changed_after',
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='attemptitem',
            name='first_response',
            field=models.JSONField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='attemptitem',
            name='is_sure',
            field=models.BooleanField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='judgedanswer',
            name='is_sure',
            field=models.BooleanField(null=True),
        ),
        migrations.AddField(
            model_name='questionstatistics',
            name='first',
            field=models.JSONField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='score',
            name='learn_at',
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, null=True),
        ),
        migrations.AddField(
            model_name='score',
            name='learning_error',
            field=models.TextField(blank=True, db_default='', default='', editable=False),
        ),
        migrations.AlterField(
            model_name='judgedanswer',
            name='item',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='judged', to='exams.attemptitem'),
        ),
        migrations.AlterField(
            model_name='judgedanswer',
            name='score',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='answers', to='exams.score'),
        ),
        migrations.AddField(
            model_name='judgedanswer',
            name='practice_item',
            field=models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='judged', to='exams.practiceitem'),
        ),
        migrations.AddConstraint(
            model_name='judgedanswer',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('item__isnull', False), ('practice_item', None), ('score__isnull', False)), models.Q(('item', None), ('practice_item__isnull', False), ('score', None)), _connector='OR'), name='answer_in_an_exam_or_in_practice'),
        ),
    ]
