"""Reads used in more than one place; they never write."""

from exams.queries.answers import tallies_of
from exams.queries.backlog import Backlog, backlog
from exams.queries.cohorts import (
    MEMBER,
    STATES,
    MemberProgress,
    assignments_of,
    by_domain,
    domain_rows,
    progress,
    progress_table,
)
from exams.queries.correcting import (
    Correction,
    corrected_scores,
    corrections_of,
    open_corrections,
    rescore_counts,
)
from exams.queries.drawing import bank_of, draw_items, exam_quotas, form_pool, seen_among
from exams.queries.fixed_forms import (
    BlueprintCheck,
    blueprint_check,
    form_items,
    form_version,
    in_forms_of,
    mix_of,
    to_mend,
    usable_forms,
)
from exams.queries.meeting import form_for, met_by, open_items
from exams.queries.membership import invitations_to, memberships_of
from exams.queries.papers import FormItem, items_of_draw, items_of_form, paper_of
from exams.queries.problems import problem_queue, reported_questions, reports_by, reports_of, withheld_answers
from exams.queries.release import is_reviewed, may_know, shown_of, shown_of_each
from exams.queries.reporting import attempts_of, focus, headline, report, trend
from exams.queries.reviewing import answered_in_chapter, reviewed_items
from exams.queries.statistics import counted_at, exam_panels, question_panel, question_panels, shares_right
from exams.queries.taking import Unsaved, beside, item_states, shown_items, unsaved_of, with_answers
from exams.queries.terms import Terms, assigned_terms, terms_of
from exams.queries.usage import QuestionUsage, Retirement, retirement_of, usage_of

__all__ = [
    "MEMBER",
    "STATES",
    "Backlog",
    "BlueprintCheck",
    "Correction",
    "FormItem",
    "MemberProgress",
    "QuestionUsage",
    "Retirement",
    "Terms",
    "Unsaved",
    "answered_in_chapter",
    "assigned_terms",
    "assignments_of",
    "attempts_of",
    "backlog",
    "bank_of",
    "beside",
    "blueprint_check",
    "by_domain",
    "corrected_scores",
    "corrections_of",
    "counted_at",
    "domain_rows",
    "draw_items",
    "exam_panels",
    "exam_quotas",
    "focus",
    "form_for",
    "form_items",
    "form_pool",
    "form_version",
    "headline",
    "in_forms_of",
    "invitations_to",
    "is_reviewed",
    "item_states",
    "items_of_draw",
    "items_of_form",
    "may_know",
    "memberships_of",
    "met_by",
    "mix_of",
    "open_corrections",
    "open_items",
    "paper_of",
    "problem_queue",
    "progress",
    "progress_table",
    "question_panel",
    "question_panels",
    "report",
    "reported_questions",
    "reports_by",
    "reports_of",
    "rescore_counts",
    "retirement_of",
    "reviewed_items",
    "seen_among",
    "shares_right",
    "shown_items",
    "shown_of",
    "shown_of_each",
    "tallies_of",
    "terms_of",
    "to_mend",
    "trend",
    "unsaved_of",
    "usable_forms",
    "usage_of",
    "with_answers",
    "withheld_answers",
]
