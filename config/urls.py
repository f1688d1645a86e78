from django.contrib import admin
from django.urls import include, path

from config.views import health

urlpatterns = [
    path("", include("exams.urls")),
    path("accounts/", include("accounts.urls")),
    path("accounts/", include("allauth.account.urls")),
    path("accounts/mfa/", include("allauth.mfa.urls")),
    path("admin/", admin.site.urls),
    path("health/", health, name="health"),
]
