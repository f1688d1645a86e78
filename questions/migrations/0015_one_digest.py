import hashlib
import json
from itertools import permutations, product

from django.db import migrations

# Of more tags than this the order in the file is not looked for: such a question counts as edited here.
MOST_TAGS = 5


def written(revision):
    """Return what a question file said of a revision, in the order of its fields and without defaults."""
    options = []
    for index, text in enumerate(revision.options):
        key = revision.kind in ('single', 'multiple') and index in revision.key
        place = revision.key[index] if revision.kind == 'matching' else None
        match = '' if place is None else revision.choices[place]
        option = {'text': text, 'key': key, 'match': match, 'rationale': revision.rationales[index]}
        options.append({name: value for name, value in option.items() if value})
    matched = {option.get('match') for option in options}
    fields = {
        'kind': revision.kind,
        'shuffle': revision.shuffle_options,
        'case': revision.case_text,
        'stem': revision.stem,
        'options': options,
        'decoys': sorted(choice for choice in revision.choices if choice not in matched),
        'explanation': revision.explanation,
        'service_note': revision.service_note,
        'references': [{'title': other['title'], 'section': other['section']} for other in revision.references],
        'valid_as_of': revision.valid_as_of.isoformat(),
    }
    return {name: value for name, value in fields.items() if (value is False if name == 'shuffle' else value)}


def begun(question, content):
    """Return the digest of all up to the status, which is the same in whatever order the rest stood."""
    fields = dict(content, id=question.code)
    if question.source_id and question.source_chapter:
        title = question.source_title or f'Chapter {question.source_chapter}'
        fields['source'] = {'id': question.source_id, 'chapter': question.source_chapter, 'title': title}
    return hashlib.sha256(as_json(fields)[:-1])


def ended(beginning, status, tasks, difficulty, tags):
    fields = {'status': status} if status == 'draft' else {}
    fields |= {'tasks': dict(tasks), 'difficulty': difficulty} | ({'tags': tags} if tags else {})
    whole = beginning.copy()
    whole.update(b',' + as_json(fields)[1:])
    return whole.hexdigest()


def as_json(fields):
    return json.dumps(fields, ensure_ascii=False, separators=(',', ':')).encode()


def settle(apps, schema_editor):
    """Give what the loader wrote the digest that imports use, if it still says what its file said.

    The loader's digest kept the order of tags and tasks in the file, and the status, so all of them are tried. What
    matches none was edited here, were it only in its tags: it keeps a digest that nothing has, and so stays as it is.
    """
    Question, Event = apps.get_model('questions', 'Question'), apps.get_model('questions', 'QuestionEvent')
    loader = {'kind': 'imported', 'by': None, 'text__in': ['', 'dropped the draft']}
    Event.objects.filter(**loader).update(text="the bank's files")
    questions = Question.objects.exclude(loaded_digest='').prefetch_related(
        'tags', 'placements__task__domain__certification', 'revisions'
    )
    settled = []
    for question in questions.iterator(chunk_size=500):
        revision = max(question.revisions.all(), key=lambda other: other.number, default=None)
        tags = sorted(tag.name for tag in question.tags.all())
        if revision is None or len(tags) > MOST_TAGS:
            continue
        beginning = begun(question, written(revision))
        placements = question.placements.all()
        tasks = sorted((other.task.domain.certification.code, other.task.code) for other in placements)
        one = ended(beginning, 'draft', tasks, question.difficulty, tags)
        orders = product(['published', 'draft'], permutations(tasks), permutations(tags))
        if question.loaded_digest != one and any(
            ended(beginning, status, placed, question.difficulty, tagged) == question.loaded_digest
            for status, placed, tagged in orders
        ):
            question.loaded_digest = one
            settled.append(question)
    Question.objects.bulk_update(settled, ['loaded_digest'], batch_size=500)


class Migration(migrations.Migration):

    dependencies = [('questions', '0014_loaded_digest')]

    operations = [
        migrations.RunPython(settle, migrations.RunPython.noop),
    ]
