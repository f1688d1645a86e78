"""Many candidates at once over HTTP: how long do they wait, and how many can this machine hold?

Closed loop: each logs in once and takes whole exams one after the other without think time. Open loop: candidates who
give an answer every 60 to 120 seconds, each over a connection of its own, more and more of them; waiting is counted
from the moment an answer was given, so a server that falls behind cannot slow the load down. The client runs on the
same machine and takes its share of it.

Usage: .ci/with_services.py python -m benchmarks.load
"""

import heapq
import random
import secrets
import statistics
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import UUID

from benchmarks import harness
from benchmarks.harness import (
    Candidate,
    Reply,
    copy_rows,
    execute,
    expect,
    make_people,
    make_sessions,
    running_site,
    spread,
    table,
)

EXAM = "mls-c01-full"
RUNS = 5
CLOSED = (1, 10, 50, 200)
CLOSED_SECONDS = 10  # no exam is begun after that
OPEN = (8_000, 16_000, 32_000, 40_000, 48_000, 64_000, 80_000)
OPEN_SECONDS = 15
THINK_SECONDS = (60, 120)
CLIENT_THREADS = 64
LIMIT_MS = 200

Times = dict[str, list[float]]
Timed = Callable[[str, Reply], Reply]


def percentile(values: list[float], percent: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1] if len(values) > 1 else values[0]


# --- Whole exams, as fast as they go ------------------------------------------------------------------


def play(candidate: Candidate, timed: Timed) -> None:
    """Take one exam."""
    timed("start", candidate.start(EXAM))
    timed("exam page", candidate.open())
    for position in candidate.sequences:
        timed("save", candidate.save(position))
    timed("hand in", candidate.hand_in())
    handed_in = time.perf_counter()
    path = f"/attempts/{candidate.attempt}"
    while b"Review" not in (result := timed("result page", expect(candidate.send("GET", f"{path}/result/"), 200))).body:
        time.sleep(0.5)
    timed("until scored", replace(result, seconds=time.perf_counter() - handed_in))
    timed("review page", expect(candidate.send("GET", f"{path}/review/"), 200))


def log_in(port: int, count: int) -> tuple[list[str], list[float]]:
    """Log in new candidates, two at a time since it is mostly hashing; return their sessions and the milliseconds."""
    people = [Candidate(port) for _ in range(count)]
    with ThreadPoolExecutor(2) as pool:
        replies = list(pool.map(Candidate.log_in, people, make_people(count)))
    return [person.session for person in people], [1000 * reply.seconds for reply in replies]


def closed_loop(port: int, sessions: list[str]) -> tuple[float, Times]:
    """Return exams a minute, and the milliseconds of each kind of request."""
    times: Times = defaultdict(list)
    begun = time.monotonic()

    def timed(kind: str, reply: Reply) -> Reply:
        times[kind].append(1000 * reply.seconds)  # appending to a list is safe between threads
        return reply

    def exams(session: str) -> int:
        done = 0
        while done == 0 or time.monotonic() < begun + CLOSED_SECONDS:
            play(Candidate(port, session), timed)
            done += 1
        return done

    with ThreadPoolExecutor(len(sessions)) as pool:
        done = sum(pool.map(exams, sessions))
    return 60 * done / (time.monotonic() - begun), times


def measure_closed(port: int) -> None:
    closed_loop(port, log_in(port, 1)[0])  # warms up: templates, connections, compiled queries
    kinds = ["start", "exam page", "save", "hand in", "until scored", "result page", "review page"]
    rows = []
    for count in CLOSED:
        sessions, waits = log_in(port, count)
        runs = [closed_loop(port, sessions) for _ in range(RUNS)]
        cells = [f"{percentile(waits, 50):.0f} / {percentile(waits, 95):.0f}"]
        cells += [
            f"{statistics.median(percentile(times[request], 50) for _, times in runs):.0f} / "
            f"{statistics.median(percentile(times[request], 95) for _, times in runs):.0f}"
            for request in kinds
        ]
        rows.append([count, spread([rate for rate, _ in runs], 0), *cells])
    print("Closed loop, no think time: p50 / p95 in ms, medians of the runs\n")
    table(["candidates", "exams a minute", "log in", *kinds], rows)


# --- Candidates who think -------------------------------------------------------------------------------


def seat(port: int, count: int) -> list[Candidate]:
    """Return candidates with an attempt under way, copies of one that was started as all are."""
    from django.contrib.sessions.models import Session

    from exams.attempts.models import Attempt

    first = Candidate(port, make_sessions(1)[0])
    first.start(EXAM)
    model = UUID(first.attempt)
    positions = list(Attempt.objects.get(pk=model).items.values_list("position", flat=True))
    sessions = make_sessions(count)
    owners = [
        (key, int(Session(session_key=key, session_data=data).get_decoded()["_auth_user_id"]))
        for key, data in Session.objects.filter(session_key__in=sessions).values_list("session_key", "session_data")
    ]
    execute("CREATE TEMPORARY TABLE grown (id uuid, candidate_id bigint)")
    execute(
        "INSERT INTO grown SELECT gen_random_uuid(), owner FROM unnest(%s::bigint[]) AS owner",
        [owner for _, owner in owners],
    )
    copy_rows("exams_attempt", "id", model, {"id": "g.id", "candidate_id": "g.candidate_id"})
    copy_rows("exams_attemptitem", "attempt_id", model, {"attempt_id": "g.id", "id": None})
    execute("DROP TABLE grown")
    execute("VACUUM ANALYZE")
    attempts = dict(Attempt.objects.in_progress().values_list("candidate_id", "pk"))
    return [
        Candidate(
            port,
            key,
            attempt=str(attempts[owner]),
            page=secrets.token_hex(8),
            sequences=dict.fromkeys(positions, 0),
            options=dict.fromkeys(positions, 2),
        )
        for key, owner in owners
    ]


def open_loop(candidates: list[Candidate]) -> list[float]:
    """Return the milliseconds from giving an answer to its acknowledgement, over `OPEN_SECONDS`."""
    rng = random.Random(1)
    longest = THINK_SECONDS[1]
    due = [(rng.uniform(0, longest), number) for number in range(len(candidates))]
    heapq.heapify(due)
    lock, waits = threading.Lock(), []
    begun = time.perf_counter()

    def work() -> None:
        while True:
            with lock:
                moment, number = heapq.heappop(due)
                heapq.heappush(due, (moment + rng.uniform(*THINK_SECONDS), number))
            if moment > OPEN_SECONDS:
                return
            candidate = candidates[number]
            time.sleep(max(0.0, begun + moment - time.perf_counter()))
            candidate.save(rng.choice(list(candidate.sequences)))
            waits.append(1000 * (time.perf_counter() - begun - moment))
            candidate.connection.close()

    with ThreadPoolExecutor(CLIENT_THREADS) as pool:
        for future in [pool.submit(work) for _ in range(CLIENT_THREADS)]:
            future.result()
    return waits


def measure_open(port: int) -> None:
    candidates = seat(port, max(OPEN))
    rows = []
    for count in OPEN:
        runs = [open_loop(candidates[:count]) for _ in range(RUNS)]
        p95 = [percentile(run, 95) for run in runs]
        rate = statistics.median(len(run) for run in runs) / OPEN_SECONDS
        rows.append([count, f"{rate:.0f}", spread([percentile(run, 50) for run in runs], 0), spread(p95, 0)])
        if statistics.median(p95) > LIMIT_MS:
            break
    print("Open loop, an answer every 60 to 120 s from each candidate\n")
    table(["candidates", "saves a second", "p50, ms", "p95, ms"], rows)


def main() -> None:
    harness.set_up_django()
    harness.load_bank()
    with running_site(with_worker=True) as site:
        measure_closed(site.port)
        measure_open(site.port)


if __name__ == "__main__":
    main()
