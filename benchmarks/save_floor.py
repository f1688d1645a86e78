"""Server CPU of one saved answer, as a multiple of the least that a server can do, and of a whole exam.

The CPU time of all web processes and of all of PostgreSQL, from /proc, over the same number of requests of each kind;
the kinds take turns within one run. Usage: .ci/with_services.py python -m benchmarks.save_floor
"""

import time
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from benchmarks import harness
from benchmarks.harness import Candidate, Site, expect, make_sessions, running_site, spread, table

RUNS = 5
CANDIDATES = 4
ROUNDS = 4  # a run saves each of the 65 answers of each candidate so many times
EXAM = "mls-c01-full"


def saves(candidate: Candidate) -> int:
    for position in list(candidate.sequences) * ROUNDS:
        candidate.save(position)
    return ROUNDS * len(candidate.sequences)


def floors(candidate: Candidate) -> int:
    from exams.attempts.models import AttemptItem

    items = list(AttemptItem.objects.filter(attempt=UUID(candidate.attempt)).values_list("pk", flat=True))
    # Cheap ones need more of them for the same precision.
    for pk in items * ROUNDS * 3:
        expect(candidate.send("POST", f"/floor/{pk}", {"choice": "1"}), 200)
    return 3 * ROUNDS * len(items)


def milliseconds(site: Site, candidates: list[Candidate], play: object) -> dict[str, float]:
    """Return the CPU milliseconds per request of each kind of process while all candidates play."""
    before = site.cpu()
    with ThreadPoolExecutor(CANDIDATES) as pool:
        requests = sum(pool.map(play, candidates))  # type: ignore[arg-type]
    return {name: 1000 * (used - before[name]) / requests for name, used in site.cpu().items()}


def measure_saves(site: Site) -> None:
    candidates = [Candidate(site.port, key) for key in make_sessions(CANDIDATES)]
    for candidate in candidates:
        candidate.start(EXAM)
        candidate.open()
    milliseconds(site, candidates, saves)  # warms up: templates, connections, caches
    milliseconds(site, candidates, floors)
    save, floor = [], []
    for _ in range(RUNS):
        save.append(milliseconds(site, candidates, saves))
        floor.append(milliseconds(site, candidates, floors))
    totals = [sum(run.values()) for run in save], [sum(run.values()) for run in floor]
    table(
        ["ms CPU a request", "web", "PostgreSQL", "both"],
        [
            ["save", *(spread([run[name] for run in save]) for name in ("web", "PostgreSQL")), spread(totals[0])],
            ["floor", *(spread([run[name] for run in floor]) for name in ("web", "PostgreSQL")), spread(totals[1])],
            ["multiple", "", "", spread([a / b for a, b in zip(*totals, strict=True)], 1)],
        ],
    )


def measure_exams(site: Site) -> None:
    """Whole exams, one after the other: a request to start, the page, 65 saves, hand-in, score, result and review."""
    runs: list[dict[str, float]] = []
    for session in make_sessions(RUNS + 1):
        before = site.cpu()
        candidate = Candidate(site.port, session)
        candidate.start(EXAM)
        candidate.open()
        for position in candidate.sequences:
            candidate.save(position)
        candidate.hand_in()
        while b"Review" not in expect(candidate.send("GET", f"/attempts/{candidate.attempt}/result/"), 200).body:
            time.sleep(0.1)
        expect(candidate.send("GET", f"/attempts/{candidate.attempt}/review/"), 200)
        runs.append({name: 1000 * (used - before[name]) for name, used in site.cpu().items()})
    runs = runs[1:]  # the first one warms up
    names = list(runs[0])
    cells = [spread([run[name] for run in runs], 0) for name in names]
    table(["ms CPU a whole exam", *names, "all"], [["", *cells, spread([sum(run.values()) for run in runs], 0)]])


def main() -> None:
    harness.set_up_django()
    harness.load_bank()
    with running_site() as site:
        measure_saves(site)
    with running_site(with_worker=True) as site:
        measure_exams(site)


if __name__ == "__main__":
    main()
