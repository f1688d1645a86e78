"""The production settings, with static files in a directory of the run's own."""

import os
from pathlib import Path

from config.settings.prod import *  # noqa: F403

STATIC_ROOT = Path(os.environ["BENCHMARK_STATIC_ROOT"])
STAFF_NEED_MFA = False  # an instructor of the benchmarks has no phone
