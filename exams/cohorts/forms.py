"""Forms of a cohort's pages."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.moments import MomentField
from accounts.versions import VersionedForm
from exams.blueprints.bounds import MAX_EXTENSION
from exams.cohorts.models import Accommodation

QUICK_MINUTES = (5, 10)


class ExtensionForm(forms.Form):
    """More time: by a button of 5 or 10 minutes, or by a number of one's own."""

    reason = forms.CharField(label=_("Reason"), max_length=300)
    # The last extension that the page knew: see `services.extend_attempt`.
    last = forms.IntegerField(min_value=0, max_value=2**63 - 1, error_messages={"required": _("Open the page again.")})
    minutes = forms.IntegerField(label=_("Minutes"), required=False, min_value=1, max_value=MAX_EXTENSION)
    quick = forms.TypedChoiceField(
        required=False, coerce=int, empty_value=None, choices=[(number, number) for number in QUICK_MINUTES]
    )

    def clean(self) -> dict[str, object]:
        data: dict[str, object] = super().clean() or {}
        data["minutes"] = self.cleaned_data.get("quick") or self.cleaned_data.get("minutes")
        if not data["minutes"] and not self.errors:
            raise ValidationError(gettext("Enter the number of minutes."))
        return data


class AccommodationForm(VersionedForm):
    class Meta:
        model = Accommodation
        fields = ["extra_time_percent", "closes_at", "attempts_allowed"]
        field_classes = {"closes_at": MomentField}
        labels = {"closes_at": _("May start until")}
