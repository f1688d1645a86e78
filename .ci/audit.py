"""Report known vulnerabilities of the locked packages. Stop at one; an index that does not answer stops nothing."""

import subprocess
import sys


def main(lock: str) -> int:
    command = [sys.executable, "-m", "pip_audit", "--requirement", lock, "--disable-pip", "--require-hashes"]
    try:
        result = subprocess.run(  # noqa: S603
            [*command, "--progress-spinner", "off", "--timeout", "10"],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
    except subprocess.TimeoutExpired:
        sys.stdout.write("pip-audit: the index does not answer; not audited\n")
        return 0
    # Only a report has this line; anything else is a service that did not answer.
    if result.returncode and "known vulnerabilit" in result.stdout + result.stderr:
        sys.stdout.write(result.stdout + result.stderr)
        return 1
    lines = result.stderr.strip().splitlines() or ["no answer"]
    sys.stdout.write(f"pip-audit: {lines[-1] if not result.returncode else 'the index does not answer; not audited'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
