import zoneinfo

from django import forms

from accounts.models import User


class PreferencesForm(forms.ModelForm):
    time_zone = forms.ChoiceField(
        choices=[(name, name.replace("_", " ")) for name in sorted(zoneinfo.available_timezones())]
    )

    class Meta:
        model = User
        fields = ["name", "time_zone"]
