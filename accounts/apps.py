from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        # The outbox asks for a task by its name; the web process must know it as well as a worker does.
        from accounts import tasks  # noqa: F401
