from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig


class AdminConfig(DjangoAdminConfig):
    default_site = "config.admin.AdminSite"

    def ready(self) -> None:
        from config.names import translate_names

        translate_names()  # before any form is made of a model
        super().ready()
