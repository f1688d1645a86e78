"""Saving answers: which are taken, which are stale, and what is stored."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from exams.attempts import timing
from exams.attempts.models import AskedItem, Attempt, AttemptItem
from exams.attempts.services import saving_sql
from exams.exceptions import AttemptClosed, InvalidResponse, StaleAnswer, TooManyChosen
from questions.kinds import Given, Response, kind_of


@dataclass(frozen=True)
class Answer:
    """The state of one question as a page sends it; options are numbered as shown.

    `chosen` are options of a question whose options are chosen; `places` is, for the other kinds, the place or match
    that each option was given, `text` what was typed.

    `sequence` is the last one the page was told, `page` names the page's load and `count` goes up with each change
    made on it: together they tell a retry and a quick second change from a stale tab.
    """

    position: int
    chosen: tuple[int, ...] = ()
    places: tuple[int | None, ...] = ()
    text: str = ""
    is_flagged: bool = False
    struck: tuple[int, ...] = ()
    is_sure: bool | None = None
    seconds_spent: int = 0
    sequence: int = 0
    page: str = ""
    count: int = 0

    @property
    def given(self) -> Given:
        return Given(self.chosen, self.places, self.text)


def save_answer(*, candidate: User, attempt_id: UUID, answer: Answer, now: dt.datetime) -> AttemptItem:
    """Store one answer and return the item with its new sequence number.

    Raises `AttemptItem.DoesNotExist`, `AttemptClosed`, `InvalidResponse`, or `StaleAnswer` when another page saved a
    different answer in between. The same answer sent again is no conflict: the repeat changes nothing.
    """
    item = _item(candidate, attempt_id, answer.position)
    if _store_at_once(item, answer, now):
        return item
    return _save_locked(candidate, attempt_id, answer, now)


def _store_at_once(item: AttemptItem, answer: Answer, now: dt.datetime) -> bool:
    """Store the answer without having locked anything, as nearly all can be: one statement locks, checks that nothing
    has changed since the item was read, and writes (docs/performance.md). False: whatever else there is to say has to
    be said under the lock."""
    read_sequence = item.sequence
    try:
        _require_open(item.attempt, now)
        return apply_answer(item, answer) and saving_sql.write(item, if_sequence=read_sequence)
    except (AttemptClosed, InvalidResponse, StaleAnswer):
        return False


@transaction.atomic
def _save_locked(candidate: User, attempt_id: UUID, answer: Answer, now: dt.datetime) -> AttemptItem:
    item = _item(candidate, attempt_id, answer.position, is_locking=True)
    _require_open(item.attempt, now)
    if not _store(item, answer):
        # Another save of this question held the lock: what was read with it is older than the lock. Read again; nobody
        # can change it now.
        item = _item(candidate, attempt_id, answer.position, is_locking=True)
        _store(item, answer)
    return item


MAX_POSITION = 32767


def _item(candidate: User, attempt_id: UUID, position: int, *, is_locking: bool = False) -> AttemptItem:
    # No attempt has as many questions as the column can count, and the database fails on what it cannot hold.
    if not 0 < position <= MAX_POSITION:
        raise AttemptItem.DoesNotExist
    return saving_sql.read(candidate_id=candidate.pk, attempt_id=attempt_id, position=position, is_locking=is_locking)


def _require_open(attempt: Attempt, now: dt.datetime) -> None:
    if not attempt.is_in_progress:
        raise AttemptClosed(_("This exam has been submitted. You can no longer change it."))
    if not timing.is_accepting(attempt.deadline_at, now):
        raise AttemptClosed(_("The time for this exam is over. You can no longer change it."))


def _store(item: AttemptItem, answer: Answer) -> bool:
    """Write the answer if the item is still as it was read; tell whether it was. Raises `StaleAnswer`."""
    read_sequence = item.sequence
    if not apply_answer(item, answer):
        return True
    return saving_sql.write(item, if_sequence=read_sequence)


def apply_answer(item: AskedItem, answer: Answer) -> bool:
    """Put the answer into the item and tell whether anything is to be written. Raises `StaleAnswer`."""
    count, revision = len(item.option_order), item.revision
    kind = kind_of(revision.kind)
    shown = kind.clean(answer.given, count, len(revision.choices))
    struck = sorted(set(answer.struck))
    if struck and not 0 <= struck[0] <= struck[-1] < count:
        raise InvalidResponse(_("There is no such option; this question has %(count)d.") % {"count": count})
    response = None if shown is None else kind.in_own_numbering(item.option_order, shown)
    # What was saved before there was a limit may stay as it is, so that such a question can still be flagged.
    if response is not None and response != item.response:
        kind.check_count(response, revision.choose)
    is_from_last_page = bool(answer.page) and item.saved_by_page == answer.page
    if is_from_last_page and answer.count != item.page_count:
        is_current = answer.count > item.page_count
    else:
        is_current = item.sequence == answer.sequence
    is_longer = answer.seconds_spent > item.seconds_spent
    item.seconds_spent = max(item.seconds_spent, answer.seconds_spent)
    state = (response, answer.is_flagged, struck, answer.is_sure)
    if (item.response, item.is_flagged, item.struck, item.is_sure) == state:
        # Nothing to store but, where the page did change and change back, that this came later than what may still be
        # on its way.
        is_change = is_current and answer.count > 0
        if is_change:
            item.saved_by_page, item.page_count = answer.page, answer.count
            item.sequence += 1
        return is_change or is_longer
    if not is_current:
        raise StaleAnswer
    if response != item.response:
        _note_change(item, response)
    item.response, item.is_flagged, item.struck, item.is_sure = state
    item.saved_by_page, item.page_count = answer.page, answer.count
    item.sequence += 1
    return True


def _note_change(item: AskedItem, response: Response | None) -> None:
    """Keep the first complete answer, and when it was last changed: the report tells what changing one's mind did."""
    if item.first_response is not None:
        item.changed_after = item.seconds_spent
    elif response is not None and kind_of(item.revision.kind).is_complete(response, item.revision.choose):
        item.first_response = response


NO_SECONDS: Mapping[int, int] = {}


@dataclass(frozen=True)
class FormSaved:
    """What became of a whole form: the attempt as it is now, and the answers refused: stale ones, too many options."""

    attempt: Attempt
    conflicts: list[Answer] = field(default_factory=list)
    too_many: list[Answer] = field(default_factory=list)

    @property
    def is_refused(self) -> bool:
        return bool(self.conflicts or self.too_many)


@transaction.atomic
def save_form(
    *,
    candidate: User,
    attempt_id: UUID,
    now: dt.datetime,
    answers: Sequence[Answer],
    seconds: Mapping[int, int] = NO_SECONDS,
) -> FormSaved:
    """Store all answers of a page at once; those that are refused are returned, the others are stored."""
    attempt = locked_attempt(candidate, attempt_id)
    _require_open(attempt, now)
    return store_all(attempt, answers, seconds)


def locked_attempt(candidate: User, attempt_id: UUID) -> Attempt:
    return Attempt.objects.select_for_update(no_key=True).get(pk=attempt_id, candidate=candidate)


def store_all(attempt: Attempt, answers: Sequence[Answer], seconds: Mapping[int, int]) -> FormSaved:
    positions = {answer.position for answer in answers} | seconds.keys()
    items = {item.position: item for item in attempt.items.filter(position__in=positions).select_related("revision")}
    saved = FormSaved(attempt)
    changed: set[AttemptItem] = set()
    for position, item in items.items():
        if seconds.get(position, 0) > item.seconds_spent:
            item.seconds_spent = seconds[position]
            changed.add(item)
    for answer in answers:
        if answer.position not in items:
            raise InvalidResponse(_("This exam has no question %(position)s.") % {"position": answer.position})
        item = items[answer.position]
        try:
            if apply_answer(item, answer):
                changed.add(item)
        except StaleAnswer:
            saved.conflicts.append(answer)
        except TooManyChosen:
            saved.too_many.append(answer)
    AttemptItem.objects.bulk_update(changed, saving_sql.SAVED_FIELDS)
    return saved
