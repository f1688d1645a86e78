"""Every write to the bank that touches more than one row or changes a status."""

from questions.services.exporting import export_questions, with_content
from questions.services.filing import change_tags, move_to_task, set_difficulty, set_tags
from questions.services.import_drafts import apply_draft, forget_old_imports, keep_import, read_draft
from questions.services.importing import apply_import
from questions.services.loading import load_bank
from questions.services.planning import plan_import
from questions.services.reviewing import (
    approve,
    approve_and_publish,
    bring_back,
    can_approve,
    comment,
    publish,
    retire,
    send_back,
    send_to_review,
)
from questions.services.writing import copy_question, restore_revision, save_draft

__all__ = [
    "apply_draft",
    "apply_import",
    "approve",
    "approve_and_publish",
    "bring_back",
    "can_approve",
    "change_tags",
    "comment",
    "copy_question",
    "export_questions",
    "forget_old_imports",
    "keep_import",
    "load_bank",
    "move_to_task",
    "plan_import",
    "publish",
    "read_draft",
    "restore_revision",
    "retire",
    "save_draft",
    "send_back",
    "send_to_review",
    "set_difficulty",
    "set_tags",
    "with_content",
]
