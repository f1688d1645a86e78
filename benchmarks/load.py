"""Whole exams over HTTP by many candidates at once, without think time: how long do requests take?

The client runs on the same machine and takes its share of it.
Usage: .ci/with_services.py python -m benchmarks.load [CANDIDATES…]
"""

import statistics
import sys
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor

from benchmarks import harness
from benchmarks.harness import Candidate, Reply, expect, make_sessions, running_site, table

EXAM = "mls-c01-full"
SECONDS = 20  # no exam is begun after that
CANDIDATES = (1, 10, 50)

Times = dict[str, list[float]]


def play(candidate: Candidate, times: Times) -> None:
    """Take one exam. Appending to a list is safe between threads."""

    def timed(kind: str, reply: Reply) -> Reply:
        times[kind].append(1000 * reply.seconds)
        return reply

    timed("start", candidate.start(EXAM))
    timed("exam page", candidate.open())
    for position in candidate.sequences:
        timed("save", candidate.save(position))
    timed("hand in", candidate.hand_in())
    handed_in = time.perf_counter()
    path = f"/attempts/{candidate.attempt}"
    while b"Review" not in timed("result page", expect(candidate.send("GET", f"{path}/result/"), 200)).body:
        time.sleep(0.5)
    times["until scored"].append(1000 * (time.perf_counter() - handed_in))
    timed("review page", expect(candidate.send("GET", f"{path}/review/"), 200))


def closed_loop(port: int, count: int) -> None:
    times: Times = defaultdict(list)
    stop_at = time.monotonic() + SECONDS

    def exams(session: str) -> int:
        done = 0
        while done == 0 or time.monotonic() < stop_at:
            play(Candidate(port, session), times)
            done += 1
        return done

    begun = time.monotonic()
    with ThreadPoolExecutor(count) as pool:
        done = sum(pool.map(exams, make_sessions(count)))
    minutes = (time.monotonic() - begun) / 60
    print(f"{count} candidates, {done} exams: {done / minutes:.0f} exams a minute\n")
    rows = []
    for kind, values in times.items():
        cuts = statistics.quantiles(values, n=100, method="inclusive") if len(values) > 1 else values * 99
        rows.append([kind, len(values), *(f"{cuts[percent - 1]:.0f}" for percent in (50, 95, 99))])
    table(["ms", "number", "p50", "p95", "p99"], rows)


def main() -> None:
    harness.set_up_django()
    harness.load_bank()
    with running_site(with_worker=True) as site:
        for count in map(int, sys.argv[1:] or CANDIDATES):
            closed_loop(site.port, count)


if __name__ == "__main__":
    main()
