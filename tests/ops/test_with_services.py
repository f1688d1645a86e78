import os
import signal
import socket
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings

SHOW = 'echo "$DATABASE_URL $REDIS_URL $(redis-cli -u "$REDIS_URL" config get dir | tail -1)";'


def start(script, **how):
    command = [settings.BASE_DIR / ".ci" / "with_services.py", "sh", "-c", SHOW + script]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True, **how)


def assert_nothing_is_left(line):
    database, redis, directory = line.split()
    assert not Path(directory).exists()
    for url in (database, redis):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", urlsplit(url).port))


def test_services_answer_and_the_exit_code_is_the_commands():
    with start('psql "$DATABASE_URL" -qAtc "SELECT 6 + 1" && redis-cli -u "$REDIS_URL" ping && exit 7') as process:
        first, *answers = process.stdout.read().splitlines()

    assert answers == ["7", "PONG"]
    assert process.returncode == 7
    assert_nothing_is_left(first)


def ignore_interrupts():
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("before", [None, ignore_interrupts], ids=["in front", "in the background of a script"])
def test_services_are_gone_after_a_signal(number, before):
    with start("exec sleep 100", preexec_fn=before) as process:
        first = process.stdout.readline()
        # Ctrl-C in a terminal reaches everything in the foreground, a kill only one process.
        (os.killpg if number == signal.SIGINT else os.kill)(process.pid, number)

    assert process.returncode != 0
    assert_nothing_is_left(first)
