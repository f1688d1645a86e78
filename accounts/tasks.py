from celery import shared_task
from django.core.management import call_command


# Not retried: the next one comes tomorrow.
@shared_task(name="accounts.clear_sessions")
def clear_sessions() -> None:
    """Delete the sessions that are over; Django leaves them in the database."""
    call_command("clearsessions")
