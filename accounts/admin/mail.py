from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts import outbox
from accounts.admin.read_only import ReadOnlyAdmin
from accounts.models import OutgoingMail


@admin.register(OutgoingMail)
class OutgoingMailAdmin(ReadOnlyAdmin):
    """What the site sends, and what it could not. What a mail says is shown to nobody: it may hold a link to log in."""

    list_display = ["recipient", "subject", "state", "queued_at", "tries", "error"]
    list_filter = [("parked_at", admin.EmptyFieldListFilter), ("sent_at", admin.EmptyFieldListFilter)]
    search_fields = ["recipient"]
    fields = ["recipient", "subject", "queued_at", "due_at", "tries", "error", "sent_at", "parked_at"]
    actions = ["try_again"]

    @admin.display(description=_("state"))
    def state(self, mail: OutgoingMail) -> str:
        return gettext("sent") if mail.sent_at else gettext("parked") if mail.parked_at else gettext("waiting")

    @admin.action(description=_("Retry parked mail"))
    def try_again(self, request: HttpRequest, mails: QuerySet[OutgoingMail]) -> None:
        if not request.user.is_superuser:
            raise PermissionDenied
        chosen = list(mails.values_list("pk", flat=True))
        again = outbox.requeue_parked(only=chosen, by=request.user, now=timezone.now())
        if again:
            messages.success(
                request,
                ngettext("%(count)s mail is queued again.", "%(count)s mails are queued again.", again)
                % {"count": again},
            )
        if again < len(chosen):
            messages.warning(
                request,
                ngettext(
                    "%(count)s mail was skipped: it is not parked, or its links have expired.",
                    "%(count)s mails were skipped: they are not parked, or their links have expired.",
                    len(chosen) - again,
                )
                % {"count": len(chosen) - again},
            )
