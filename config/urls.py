from django.contrib import admin
from django.urls import include, path

from config.views import health, metrics, ready

urlpatterns = [
    path("", include("exams.urls")),
    path("accounts/", include("accounts.urls")),
    path("accounts/", include("allauth.account.urls")),
    path("accounts/mfa/", include("allauth.mfa.urls")),
    path("admin/", admin.site.urls),
    path("health/", health, name="health"),
    path("ready/", ready, name="ready"),
    path("metrics/", metrics, name="metrics"),
]
handler400 = "config.views.bad_request"
