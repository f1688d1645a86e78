from typing import Any

from django.core.management.base import BaseCommand

from accounts.services import encrypt_factors


class Command(BaseCommand):
    help = "Encrypt all second factors with the present SECRET_KEY, before a fallback is taken away."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{encrypt_factors()} second factors are encrypted with the present key.")
