"""A cohort's progress as the table a page shows: filtered, sorted, with the address of every other order."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import QueryDict
from django.utils.translation import gettext as _

from exams.cohorts.models import Assignment
from exams.results.queries.cohorts import STATES, MemberProgress

NAME = "name"


@dataclass(frozen=True)
class Column:
    """A heading: `query` is the address of the table sorted by it; `order` is how it is sorted by it now, if it is."""

    label: str
    assignment: Assignment | None
    query: str
    order: str
    under_way: int

    @property
    def legend(self) -> str:
        """Head the form that gives all of them more time."""
        return _("More time for everyone under way in %(exam)s (%(count)d)") % {
            "exam": self.label,
            "count": self.under_way,
        }


@dataclass(frozen=True)
class Table:
    columns: list[Column]
    rows: list[MemberProgress]
    total: int
    search: str
    state: str


def arranged(members: Sequence[MemberProgress], assignments: Sequence[Assignment], data: QueryDict) -> Table:
    """Return the table that `q` (name or e-mail), `state` (in any of the assignments) and `sort` ask for.

    `sort` is a name or an assignment's number, with a minus for the other direction; by an assignment the best
    estimate goes first, and who has none last.
    """
    search, state, sort = data.get("q", "")[:100], data.get("state", ""), data.get("sort", NAME)
    state = state if state in STATES else ""
    is_reversed, by = sort.startswith("-"), sort.removeprefix("-")
    rows = [
        row
        for row in members
        if (not state or any(cell.state == state for cell in row.cells))
        and search.casefold() in f"{row.candidate.name} {row.candidate.email}".casefold()
    ]
    place = next((number for number, assignment in enumerate(assignments) if str(assignment.pk) == by), None)
    if place is not None:
        # The best first; who has no score is last in either order.
        scored = [(row, score) for row in rows if (score := row.cells[place].score)]
        scored.sort(key=lambda pair: pair[1].rank, reverse=not is_reversed)
        rows = [row for row, _score in scored] + [row for row in rows if not row.cells[place].score]
    elif is_reversed:
        rows.reverse()

    def column(label: str, name: str, number: int | None, assignment: Assignment | None = None) -> Column:
        is_sorted = place == number
        query = data.copy()
        query["sort"] = f"-{name}" if is_sorted and not is_reversed else name
        order = ("descending" if is_reversed == (number is None) else "ascending") if is_sorted else ""
        under_way = 0
        if number is not None:
            under_way = sum(bool(row.cells[number].remaining) for row in members)
        return Column(label, assignment, query.urlencode(), order, under_way)

    columns = [column(_("Member"), NAME, None)]
    columns += [
        column(assignment.exam.title, str(assignment.pk), number, assignment)
        for number, assignment in enumerate(assignments)
    ]
    return Table(columns, rows, len(members), search, state)
