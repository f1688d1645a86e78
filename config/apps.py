from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig
from django.contrib.staticfiles.apps import StaticFilesConfig as DjangoStaticFilesConfig


class AdminConfig(DjangoAdminConfig):
    default_site = "config.admin.AdminSite"


class StaticFilesConfig(DjangoStaticFilesConfig):
    # Extensions of htmx that no page uses; one imports a file that is not there, which ends collectstatic.
    ignore_patterns = [*DjangoStaticFilesConfig.ignore_patterns, "django_htmx/ext/*"]
