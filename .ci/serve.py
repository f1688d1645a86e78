"""Set up the demo and serve it: SQLite in var/, tasks in process, two demo people in a cohort. What is there stays.

With --reload, Django's development server takes the place of gunicorn: it starts again when a source file changes.
"""

import io
import logging
import os
import socket
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WELCOME = """
  http://127.0.0.1:{port}/

  candidate@example.com   demo-candidate-1
  instructor@example.com  demo-instructor-1

  Ctrl-C stops. The data stays in var/db.sqlite3.

"""


def check_port(text: str) -> int:
    """Stop with a clear line before any work if nothing can listen on this port."""
    try:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server: a port just left is free
            probe.bind(("127.0.0.1", int(text)))
    except (OSError, OverflowError, ValueError) as error:
        sys.exit(f"Port {text} cannot be used ({error}). Choose another one: make serve PORT=8124")
    return int(text)


def set_up() -> None:
    """Bring the demo's database up to date, in one process because starting Django four times takes seconds."""
    import django
    from django.core.management import CommandError, call_command

    django.setup()
    logging.disable(logging.INFO)  # in this process alone: hundreds of audit lines would hide the address
    try:
        call_command("migrate", verbosity=0)
        call_command("load_bank", "fixtures", stdout=io.StringIO())
        call_command("create_exams", stdout=io.StringIO())
        call_command("create_demo_users", stdout=io.StringIO())
        call_command("create_demo_cohort", stdout=io.StringIO())
    except CommandError as error:
        sys.exit(f"The set-up stopped: {error}")


def main() -> None:
    port = check_port(sys.argv[1])
    # The demo's passwords are public: never let it near a database that the environment happens to name.
    for name in ("DATABASE_URL", "REDIS_URL"):
        os.environ.pop(name, None)
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.dev"
    os.environ["SITE_URL"] = f"http://127.0.0.1:{port}"
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    Path("var").mkdir(exist_ok=True)
    set_up()
    sys.stdout.write(WELCOME.format(port=port))
    sys.stdout.flush()
    server = ["-m", "gunicorn", "config.wsgi", f"--bind=127.0.0.1:{port}", "--threads=8"]
    server += ["--log-level=warning", "--no-control-socket"]
    if "--reload" in sys.argv[2:]:
        server = ["manage.py", "runserver", f"127.0.0.1:{port}"]
    os.execv(sys.executable, [sys.executable, *server])  # noqa: S606 (no shell is meant)


if __name__ == "__main__":
    main()
