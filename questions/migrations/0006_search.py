from django.db import migrations

# What the admin's search asks: UPPER(column) LIKE UPPER('%word%'). SQLite has no such index and reads all rows.
INDEXES = {
    'search_stems': ('questions_revision', 'stem'),
    'search_codes': ('questions_question', 'code'),
}


def make_indexes(apps, schema_editor):
    if schema_editor.connection.vendor != 'postgresql':
        return
    schema_editor.execute('CREATE EXTENSION IF NOT EXISTS pg_trgm')  # part of PostgreSQL, for any owner of a database
    for name, (table, column) in INDEXES.items():
        schema_editor.execute(f'CREATE INDEX {name} ON {table} USING gin (UPPER({column}) gin_trgm_ops)')


def drop_indexes(apps, schema_editor):
    if schema_editor.connection.vendor == 'postgresql':
        for name in INDEXES:
            schema_editor.execute(f'DROP INDEX {name}')


class Migration(migrations.Migration):

    dependencies = [('questions', '0005_imports')]

    operations = [migrations.RunPython(make_indexes, drop_indexes)]
