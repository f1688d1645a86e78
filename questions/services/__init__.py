"""Every write to the bank that touches more than one row or changes a status."""

from questions.services.loading import LoadReport, load_bank
from questions.services.writing import change_status, publish, save_draft, set_tags

__all__ = ["LoadReport", "change_status", "load_bank", "publish", "save_draft", "set_tags"]
