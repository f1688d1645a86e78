"""The site with three more routes, each of which fails in its way."""

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.urls import path

from config.urls import urlpatterns as real


def fails_with(error):
    def view(request):
        raise error

    return view


urlpatterns = [
    path("boom/", fails_with(RuntimeError("boom"))),
    path("no/", fails_with(PermissionDenied())),
    path("bad/", fails_with(SuspiciousOperation())),
    *real,
]
