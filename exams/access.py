"""Who may. Every look-up starts from the user: what is someone else's is as absent as what does not exist."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404

from exams.models import Attempt


def own_attempt(user: Any, attempt_id: UUID) -> Attempt:
    """Return this user's attempt with its exam, or raise 404."""
    attempts = Attempt.objects.select_related("exam__certification", "exam__domain")
    return get_object_or_404(attempts, pk=attempt_id, candidate=user)
