from django.contrib import admin
from django.urls import include, path, re_path

from accounts.views import confirm_address, sessions
from config.views import health, metrics, ready

urlpatterns = [
    path("", include("exams.urls")),
    path("accounts/", include("accounts.urls")),
    # Before allauth's own, whose confirmation leaves the password to whoever signed up.
    re_path(r"^accounts/confirm-email/(?P<key>[-:\w]+)/$", confirm_address, name="account_confirm_email"),
    path("accounts/", include("allauth.account.urls")),
    path("accounts/mfa/", include("allauth.mfa.urls")),
    path("accounts/sessions/", sessions, name="usersessions_list"),  # allauth's own does not ask for the password again
    path("admin/", admin.site.urls),
    path("health/", health, name="health"),
    path("ready/", ready, name="ready"),
    path("metrics/", metrics, name="metrics"),
]
handler400 = "config.views.bad_request"
handler404 = "config.views.not_found"
