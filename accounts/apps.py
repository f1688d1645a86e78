from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from allauth.account.signals import password_reset

        # The outbox asks for a task by its name; the web process must know it as well as a worker does.
        from accounts import adapters, tasks  # noqa: F401

        password_reset.connect(adapters.claim_by_reset)
