from enum import Enum
from typing import Any, cast

from allauth.account.adapter import get_adapter
from allauth.account.forms import SetPasswordForm
from allauth.account.models import EmailAddress, get_emailconfirmation_model
from allauth.account.stages import EmailVerificationStage, LoginStageController
from allauth.account.views import ConfirmEmailView
from allauth.usersessions.models import UserSession
from allauth.usersessions.views import ListUserSessionsView
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.i18n import set_language

from accounts import audit, claiming, reauthentication, schemes
from accounts.forms import PreferencesForm
from accounts.models import OutgoingMail, User
from accounts.models.users import languages, time_zones


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    form = PreferencesForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Your preferences are saved."))
        return redirect("accounts:preferences")
    context = {"form": form, "extra_time": cast(User, request.user).extra_time_at(timezone.now())}
    return render(request, "accounts/preferences.html", context)


# --- Confirming an address ----------------------------------------------------------------------------------


class Opener(Enum):
    """Who opens the link of a confirmation mail, as far as this browser tells."""

    OWNER = "gave the account's password in this browser"
    CLAIMANT = "has the mailbox, and nobody has confirmed an address of the account yet"
    STRANGER = "has the mailbox, and the account is somebody's"


def _opener(request: HttpRequest, address: EmailAddress) -> Opener:
    stage = LoginStageController.enter(request, EmailVerificationStage.key)
    known = request.user if request.user.is_authenticated else stage and stage.login.user
    if known and known.pk == address.user_id and (request.user.is_authenticated or claiming.is_unclaimed(known)):
        return Opener.OWNER
    return Opener.CLAIMANT if claiming.is_unclaimed(address.user) else Opener.STRANGER


@never_cache
@sensitive_post_parameters("password1", "password2")
@require_http_methods(["GET", "HEAD", "POST"])
def confirm_address(request: HttpRequest, key: str) -> HttpResponse:
    """Confirm an address by its mailed link; only the button does, for mail scanners open links.

    Who did not give the account's password in this browser sets one: see `accounts.claiming`. An address added to an
    account that has an owner is confirmed by that owner alone, so nobody gives their address to a stranger's account.
    """
    confirmation = get_emailconfirmation_model().from_key(key)
    if confirmation is None:
        if request.method == "POST":
            raise Http404
        return render(request, "account/email_confirm.html")
    address = confirmation.email_address
    opener = _opener(request, address)
    if request.method == "POST" and opener is Opener.OWNER:
        confirmed: HttpResponse = ConfirmEmailView.as_view()(request, key=key)
        return confirmed
    if request.method == "POST" and opener is Opener.STRANGER:
        return redirect_to_login(request.path)
    form = SetPasswordForm(user=address.user, data=request.POST or None) if opener is Opener.CLAIMANT else None
    if request.method == "POST" and form is not None and form.is_valid():
        return _claim(request, address, form.cleaned_data["password1"])
    context = {"confirmation": confirmation, "email": address.email, "form": form, "opener": opener.name}
    return render(request, "account/email_confirm.html", context)


def _claim(request: HttpRequest, address: EmailAddress, password: str) -> HttpResponse:
    if not claiming.claim(user=address.user, address=address.email, password=password):
        return redirect(request.path)  # somebody was faster
    address.user.refresh_from_db()
    adapter = get_adapter(request)
    if request.user.is_authenticated:
        adapter.logout(request)
    adapter.confirm_email(request, address)
    messages.success(request, _("Your password is set. You can log in with it now."))
    return redirect("account_login")


@never_cache
@require_POST
def send_again(request: HttpRequest) -> HttpResponse:
    """Send the mail of this browser's sign-up once more. The answer is the same whether the address is known."""
    stage = LoginStageController.enter(request, EmailVerificationStage.key)
    if stage is None:
        return redirect("account_login")
    stage.handle()
    return redirect("account_email_verification_sent")


# --- The demo -----------------------------------------------------------------------------------------------


@never_cache
@require_safe
def demo_mail(request: HttpRequest) -> HttpResponse:
    """Show the last mails with their links. The demo alone has this page: it runs on its visitor's own machine."""
    if not getattr(settings, "DEMO", False):
        raise Http404
    mails: list[Any] = list(OutgoingMail.objects.exclude(content=None)[:20])
    return render(request, "accounts/demo_mail.html", {"mails": mails})


@require_POST
@login_required
def time_zone(request: HttpRequest) -> HttpResponse:
    """Take the browser's zone, or remember that the person does not want it."""
    user = cast(User, request.user)
    zone = request.POST.get("time_zone", "")
    if zone not in time_zones():
        messages.error(request, _("This site does not know that time zone. Choose yours in the preferences."))
    elif request.POST.get("answer") == "yes":
        user.time_zone, user.declined_time_zone = zone, ""
        user.save(update_fields=["time_zone", "declined_time_zone"])
        messages.success(request, _("Times are now shown in %(zone)s.") % {"zone": zone.replace("_", " ")})
    else:
        user.declined_time_zone = zone
        user.save(update_fields=["declined_time_zone"])
    following = request.POST.get("next", "")
    is_own = url_has_allowed_host_and_scheme(following, allowed_hosts=None)
    return redirect(following if is_own else "exams:home")


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Take a language from the footer: in a cookie, and in the account of whoever is signed in."""
    response = set_language(request)
    chosen = request.POST.get("language", "")
    if request.user.is_authenticated and chosen in languages():
        request.user.language = chosen
        request.user.save(update_fields=["language"])
    return response


@require_POST
def scheme(request: HttpRequest) -> HttpResponse:
    """Take light, dark or the system's choice from the footer, and lead back to the page it was chosen on."""
    chosen = request.POST.get("scheme", "")
    before = request.headers.get("Referer", "")
    is_own = url_has_allowed_host_and_scheme(before, {request.get_host()}, require_https=request.is_secure())
    response = redirect(before if is_own else "exams:home")
    if chosen in (*schemes.SCHEMES, ""):
        schemes.choose(response, chosen)
    return response


# --- Sessions -----------------------------------------------------------------------------------------------


@never_cache
@login_required
@require_safe
def resume(request: HttpRequest) -> HttpResponse:
    """Show what waited for the password or factor, for the person to send it."""
    form = reauthentication.kept(request)
    return render(request, "accounts/resume.html", {"form": form}) if form else redirect("exams:home")


def _ask_before_ending(request: HttpRequest) -> HttpResponse | None:
    """Whoever sits at a browser left open is not to end the sessions that its owner has elsewhere."""
    asked = reauthentication.ask(request, then=reverse("usersessions_list"))
    if asked:
        messages.info(request, _("Confirm your identity first, then end the session here."))
    return asked


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def sessions(request: HttpRequest) -> HttpResponse:
    """List the person's sessions; POST ends all others."""
    asked = _ask_before_ending(request) if request.method == "POST" else None
    return asked or ListUserSessionsView.as_view()(request)


@never_cache
@login_required
@require_POST
def end_session(request: HttpRequest, pk: int) -> HttpResponse:
    session = get_object_or_404(UserSession, pk=pk, user=request.user)
    if session.session_key == request.session.session_key:
        return redirect("account_logout")
    if asked := _ask_before_ending(request):
        return asked
    session.end()
    audit.record("session.ended", by=audit.actor(), target=audit.actor(), after={"reason": "ended from the list"})
    messages.success(request, _("The session has ended."))
    return redirect("usersessions_list")
