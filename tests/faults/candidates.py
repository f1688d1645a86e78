"""Candidates who sit exams over HTTP and log what the server acknowledged, and the audit of that log afterwards."""

import datetime as dt
import re
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone

from accounts.access import LOGGED_IN_AT
from accounts.models import User
from exams.attempts.models import Attempt, AttemptItem
from exams.attempts.services.starting import start_attempt
from exams.scoring.models import Score
from tests.factories import make_exam

CSRF_TOKEN = "x" * 32
NO_ATTEMPT = uuid.UUID(int=0)


@dataclass(frozen=True)
class Seat:
    """A logged-in candidate, with an attempt under way unless they were only let in."""

    candidate: User
    session: str
    attempt_id: uuid.UUID = NO_ATTEMPT


def let_in(count) -> list[Seat]:
    """Return so many new candidates, each with a session as a log-in leaves it."""
    people = User.objects.bulk_create(User(email=f"{uuid.uuid4().hex}@example.com", password="!") for _ in range(count))
    seats = [Seat(person, uuid.uuid4().hex) for person in people]
    Session.objects.bulk_create(
        Session(
            session_key=seat.session,
            session_data=SessionStore().encode(
                {
                    SESSION_KEY: str(seat.candidate.pk),
                    BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
                    HASH_SESSION_KEY: seat.candidate.get_session_auth_hash(),
                    LOGGED_IN_AT: time.time(),
                }
            ),
            expire_date=timezone.now() + dt.timedelta(days=1),
        )
        for seat in seats
    )
    return seats


def sit_down(count, exam=None, **fields) -> list[Seat]:
    """Return so many candidates with an attempt each: copies of one that was started in the usual way."""
    (first, *others) = let_in(count)
    pattern = start_attempt(candidate=first.candidate, exam=exam or make_exam(), now=timezone.now(), seed=1)
    Attempt.objects.filter(pk=pattern.pk).update(**fields)
    attempt, items = Attempt.objects.get(pk=pattern.pk), list(pattern.items.all())
    seats = [Seat(first.candidate, first.session, pattern.pk)]
    attempts, copies = [], []
    for seat in others:
        attempt_id = uuid.uuid4()
        values = {name.attname: getattr(attempt, name.attname) for name in Attempt._meta.concrete_fields}
        attempts.append(Attempt(**values | {"id": attempt_id, "candidate_id": seat.candidate.pk}))
        for item in items:
            values = {name.attname: getattr(item, name.attname) for name in AttemptItem._meta.concrete_fields}
            copies.append(AttemptItem(**values | {"id": None, "attempt_id": attempt_id}))
        seats.append(Seat(seat.candidate, seat.session, attempt_id))
    Attempt.objects.bulk_create(attempts, batch_size=1000)
    AttemptItem.objects.bulk_create(copies, batch_size=1000)
    connection.close()  # SQLite: leave nothing open that the servers would wait for
    return seats


@dataclass(frozen=True)
class Response:
    status: int
    location: str
    body: str


@dataclass(frozen=True)
class Saved:
    """A line of the log: what a page knew and sent, and what it was told."""

    attempt_id: uuid.UUID
    position: int
    known: int
    chosen: tuple[int, ...]
    page: str
    status: int
    sequence: int | None

    @property
    def is_acknowledged(self) -> bool:
        return 200 <= self.status < 300


@dataclass
class Tab:
    """One tab of a candidate. Its answers are logged; `log` may be shared by many."""

    url: str
    seat: Seat
    log: list[Saved] = field(default_factory=list)
    page: str = field(default_factory=lambda: uuid.uuid4().hex[:16])
    count: int = 0

    def ask(self, method, path, fields=(), *, htmx=False, **headers) -> Response:
        """Send one request on a connection of its own; `OSError` or `HTTPException` when no whole answer came."""
        channel = HTTPConnection(urlsplit(self.url).netloc, timeout=30)
        headers |= {
            "Cookie": f"sessionid={self.seat.session}; csrftoken={CSRF_TOKEN}",
            "X-CSRFToken": CSRF_TOKEN,
            "Content-Type": "application/x-www-form-urlencoded",
            "Connection": "close",
        }
        if htmx:
            headers["HX-Request"] = "true"
        try:
            channel.request(method, path, urlencode(list(fields), doseq=True), headers)
            answer = channel.getresponse()
            return Response(answer.status, answer.headers.get("Location", ""), answer.read().decode())
        finally:
            channel.close()

    def path(self, end="") -> str:
        return f"/attempts/{self.seat.attempt_id}/{end}"

    def save(self, position, *chosen, known=0, is_repeat=False) -> Saved:
        """Send an answer as the page does on a change, and log what came back."""
        self.count += not is_repeat
        fields = answer_fields(position, chosen, known=known, page=self.page, count=self.count)
        response = self.ask("POST", self.path(f"answers/{position}/"), fields.items(), htmx=True)
        told = re.search(r'-sequence" value="(\d+)"', response.body) if response.status == 200 else None
        sequence = int(told[1]) if told else None
        saved = Saved(self.seat.attempt_id, position, known, chosen, self.page, response.status, sequence)
        self.log.append(saved)
        return saved

    def hand_in(self) -> Response:
        return self.ask("POST", self.path("hand-in/"))


def answer_fields(position, chosen, *, known, page, count):
    names = {"choice": list(chosen), "sequence": known, "page": page, "count": count, "seconds": 0}
    return {f"q{position}-{name}": value for name, value in names.items()}


# --- The audit ----------------------------------------------------------------------------------------


@dataclass
class Audit:
    """What comparing the log with the database found; everything but `acknowledged` and `scored` must stay 0."""

    acknowledged: int = 0
    lost: int = 0
    overwritten: int = 0
    scored: int = 0
    misjudged: int = 0


def audit(log: Sequence[Saved], attempt_ids, *, is_scored=True) -> Audit:
    """Compare the log with the database and, unless told otherwise, every score with one computed from the log alone.

    Lost: the last acknowledged answer is not what is stored, or something is stored that nobody was told of.
    Overwritten: an acknowledged answer replaced one that its page had not seen.
    """
    found = Audit()
    told: dict[tuple[uuid.UUID, int], dict[int, Saved]] = {}
    for saved in log:
        if not saved.is_acknowledged:
            continue
        found.acknowledged += 1
        earlier = told.setdefault((saved.attempt_id, saved.position), {}).setdefault(saved.sequence or 0, saved)
        found.overwritten += (earlier.chosen, earlier.page) != (saved.chosen, saved.page)
    for by_sequence in told.values():
        for sequence, saved in by_sequence.items():
            before = by_sequence.get(saved.known)
            has_seen_all = saved.known == sequence - 1 or (before is not None and before.page == saved.page)
            found.overwritten += not has_seen_all
    items = AttemptItem.objects.filter(attempt__in=attempt_ids).select_related("revision")
    expected: dict[uuid.UUID, list[int]] = {attempt_id: [] for attempt_id in attempt_ids}
    for item in items.iterator(chunk_size=2000):
        by_sequence = told.pop((item.attempt_id, item.position), {})
        last = by_sequence[max(by_sequence)].chosen if by_sequence else ()
        chosen = [number for number, own in enumerate(item.option_order) if own in (item.response or [])]
        found.lost += sorted(last) != chosen or sorted(by_sequence) != list(range(1, item.sequence + 1))
        if item.is_scored:
            expected[item.attempt_id].append({item.option_order[number] for number in last} == set(item.revision.key))
    found.lost += len(told)
    if is_scored:
        found.scored, found.misjudged = _compare_scores(expected)
    return found


def _compare_scores(expected) -> tuple[int, int]:
    scores: dict[uuid.UUID, list[Score]] = {attempt_id: [] for attempt_id in expected}
    for score in Score.objects.filter(attempt__in=list(expected)).iterator(chunk_size=2000):
        scores[score.attempt_id].append(score)
    misjudged = 0
    for attempt_id, right in expected.items():
        # The estimate of the default scale, 100–1000, rounded half up, written down here a second time on purpose.
        deserved = (sum(right), len(right), int(100 + 900 * sum(right) / len(right) + 0.5))
        given = [(score.correct, score.total, score.scaled) for score in scores[attempt_id] if score.is_current]
        misjudged += given != [deserved] or len(scores[attempt_id]) != 1
    return sum(map(len, scores.values())), misjudged


def assert_nothing_lost(found: Audit) -> None:
    assert (found.lost, found.overwritten, found.misjudged) == (0, 0, 0), found
