import os
import signal
import subprocess
from pathlib import Path

from django.conf import settings

SCRIPT = settings.BASE_DIR / ".ci" / "with_services.py"
SHOW = 'echo "$DATABASE_URL $REDIS_URL"; ls -d "$TMPDIR"/services-*; '


def start(tmp_path, script):
    tmp_path.chmod(0o755)
    for parent in tmp_path.parents[:2]:
        parent.chmod(0o755)
    return subprocess.Popen(
        [SCRIPT, "sh", "-c", script],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
