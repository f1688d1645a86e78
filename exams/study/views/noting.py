"""Notes and bookmarks of a candidate, wherever a question is explained to them."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.access import candidate_required, signed_in
from exams.exceptions import StaleNote
from exams.study.access import require_met
from exams.study.forms import NoteForm
from exams.study.models import Note
from exams.study.queries.practices import note_of
from exams.study.services.noting import keep_note


@never_cache
@require_POST
@candidate_required
def question_note(request: HttpRequest, question_id: int) -> HttpResponse:
    """Keep a text and a bookmark; `toggle` turns the bookmark over. 409: another page has changed it, here are both."""
    user, form = signed_in(request), NoteForm(request.POST)
    require_met(user, question_id)
    if not form.is_valid():
        text = request.POST.get("text", "")
        return _page(request, note_of(user, question_id), form=form, text=text, status=400)
    given = form.cleaned_data
    is_bookmarked = given["is_bookmarked"] != ("toggle" in request.POST)
    try:
        note = keep_note(
            candidate=user,
            question_id=question_id,
            text=given["text"],
            is_bookmarked=is_bookmarked,
            version=given["version"],
            now=timezone.now(),
        )
    except StaleNote:
        note, text = note_of(user, question_id), given["text"]
        return _page(request, note, is_stale=True, text=text, is_mine_bookmarked=is_bookmarked, status=409)
    if request.htmx:  # type: ignore[attr-defined]  # put there by the middleware
        return _page(request, note, text=note.text, is_saved=True)
    messages.success(request, _("Your note is saved."))
    return redirect(_back(request))


def _page(request: HttpRequest, note: Note, *, status: int = 200, **more: object) -> HttpResponse:
    template = "_note" if request.htmx else "note"  # type: ignore[attr-defined]  # put there by the middleware
    context = {"note": note, "back": _back(request), **more}
    return render(request, f"exams/study/{template}.html", context, status=status)


def _back(request: HttpRequest) -> str:
    """Return the page of this site that the form came from."""
    back = request.POST.get("next", "")
    is_own = url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    return back if is_own and back.startswith("/") else "/"
