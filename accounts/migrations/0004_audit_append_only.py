"""Triggers that keep the audit log append-only, against our own code as against SQL.

`SET session_replication_role` or dropping a trigger still gets around them: whoever owns the database owns the log,
so operators ship its lines elsewhere (docs/operations.md). A later migration that makes SQLite rebuild the table loses
the triggers there and must run `make` again; tests/accounts/test_audit_append_only.py notices.
"""

from django.db import migrations

# Who, what, when and on what stay; only what names a person may go.
KEPT = ["id", "at", "action", "actor_id", "request_id", "target_type", "target_id"]
REFUSAL = "the audit log is append-only"

POSTGRESQL = [
    f"""
    CREATE FUNCTION accounts_auditevent_keep() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'TRUNCATE' OR NOT EXISTS (SELECT FROM accounts_auditpermit) THEN
            RAISE EXCEPTION '{REFUSAL}';
        END IF;
        IF TG_OP = 'DELETE' THEN
            RETURN OLD;
        END IF;
        IF ({", ".join(f"OLD.{name}" for name in KEPT)}) IS DISTINCT FROM ({", ".join(f"NEW.{name}" for name in KEPT)})
        THEN
            RAISE EXCEPTION '{REFUSAL}';
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER accounts_auditevent_keep_rows BEFORE UPDATE OR DELETE ON accounts_auditevent
    FOR EACH ROW EXECUTE FUNCTION accounts_auditevent_keep()
    """,
    """
    CREATE TRIGGER accounts_auditevent_keep_table BEFORE TRUNCATE ON accounts_auditevent
    FOR EACH STATEMENT EXECUTE FUNCTION accounts_auditevent_keep()
    """,
]
SQLITE = [
    f"""
    CREATE TRIGGER accounts_auditevent_keep_deleted BEFORE DELETE ON accounts_auditevent
    WHEN NOT EXISTS (SELECT 1 FROM accounts_auditpermit)
    BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END
    """,
    f"""
    CREATE TRIGGER accounts_auditevent_keep_updated BEFORE UPDATE ON accounts_auditevent
    WHEN NOT EXISTS (SELECT 1 FROM accounts_auditpermit) OR {" OR ".join(f"OLD.{n} IS NOT NEW.{n}" for n in KEPT)}
    BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END
    """,
]


def make(apps, schema_editor):
    for statement in POSTGRESQL if schema_editor.connection.vendor == "postgresql" else SQLITE:
        schema_editor.execute(statement, params=None)


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        statements = [
            "DROP TRIGGER accounts_auditevent_keep_rows ON accounts_auditevent",
            "DROP TRIGGER accounts_auditevent_keep_table ON accounts_auditevent",
            "DROP FUNCTION accounts_auditevent_keep()",
        ]
    else:
        statements = [f"DROP TRIGGER accounts_auditevent_keep_{name}" for name in ("deleted", "updated")]
    for statement in statements:
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_audit_permit")]

    operations = [migrations.RunPython(make, drop)]
