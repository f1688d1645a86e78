"""Reading lists of people to invite."""

import csv
import io
from dataclasses import dataclass, field

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.addresses import address_problem, name_problem, normalize_address
from accounts.models import AddressFormField
from exams.cohorts.services import Invitee
from questions.formats.texts import Unreadable, decode, text_problem

# A year's intake; more at once is a wrong file.
MAX_INVITEES = 2000
MAX_BYTES = 1_000_000
MAX_NAME = 150
EMAIL = AddressFormField(max_length=254)


@dataclass
class InviteeList:
    """What a list says: whom to invite, and the lines that are refused, each with its number and the reason."""

    people: dict[str, Invitee] = field(default_factory=dict)  # by address
    refused: list[tuple[int, str, str]] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)  # columns that mean nothing here

    @property
    def as_text(self) -> str:
        """The list again, without what was refused."""
        text = io.StringIO()
        csv.writer(text).writerows(
            [("email", "name"), *((invitee.email, invitee.name) for invitee in self.people.values())]
        )
        return text.getvalue()


def read_invitees(text: str) -> InviteeList:
    """Read a CSV with a column `email` and perhaps one `name`; commas, semicolons or tabs.

    Raises `Unreadable` for what is no such list.
    """
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    rows = csv.reader(io.StringIO(text), delimiter=delimiter)
    try:
        header = [cell.strip().casefold().replace("-", "") for cell in next(rows, [])]
        if "email" not in header:
            raise Unreadable(
                gettext(
                    "The first line must name the columns, and one of them must be “email”: for example “email,name”."
                )
            )
        found = InviteeList(ignored=[name for name in header if name not in ("email", "name", "")])
        for row in rows:
            if any(cell.strip() for cell in row):
                _read_row(rows.line_num, dict(zip(header, row, strict=False)), found)
            if len(found.people) + len(found.refused) > MAX_INVITEES:
                raise Unreadable(
                    gettext("At most %(most)s people at once; split the list.") % {"most": f"{MAX_INVITEES:,}"}
                )
    except csv.Error as error:
        raise Unreadable(
            gettext("Line %(line)s cannot be read as CSV (%(error)s).") % {"line": rows.line_num, "error": error}
        ) from error
    if not found.people and not found.refused:
        raise Unreadable(gettext("The list is empty. Add a line for each person below the first."))
    return found


def _read_row(line: int, row: dict[str, str], found: InviteeList) -> None:
    email, name = row.get("email", ""), " ".join(row.get("name", "").split())
    try:
        email = EMAIL.clean(email)
    except ValidationError:
        problem = address_problem(normalize_address(email)) if "@" in email else ""
        if problem:
            reason = gettext("is unusable. %(problem)s") % {"problem": problem}
        else:
            reason = gettext("is not an email address.")
        found.refused.append((line, email.strip()[:100], reason))
        return
    if email in found.people:
        found.refused.append((line, email, gettext("appears twice in the list; the first line is used.")))
    elif len(name) > MAX_NAME or text_problem(name) or name_problem(name):
        problem = name_problem(name) or gettext("It has more than %(most)s characters, or control characters.") % {
            "most": MAX_NAME
        }
        found.refused.append((line, email, gettext("has an unusable name. %(problem)s") % {"problem": problem}))
    else:
        found.people[email] = Invitee(email=email, name=name)


class InviteesForm(forms.Form):
    """A file, or the same text pasted."""

    file = forms.FileField(
        required=False, label=_("CSV file"), widget=forms.FileInput(attrs={"accept": ".csv,text/csv"})
    )
    text = forms.CharField(
        required=False, label=_("or its text"), max_length=MAX_BYTES, widget=forms.Textarea(attrs={"rows": 4})
    )

    def clean(self) -> dict[str, object]:
        data: dict[str, object] = super().clean() or {}
        file = self.cleaned_data.get("file")
        if file and file.size > MAX_BYTES:
            raise ValidationError(gettext("The file is larger than 1 MB, which is too large for a list of people."))
        try:
            text = decode(file.read()) if file else self.cleaned_data.get("text", "").replace("\r\n", "\n")
            data["list"] = read_invitees(text)
        except Unreadable as error:
            raise ValidationError(str(error)) from error
        return data
