from django.conf import settings
from django.db import models


class UsedTotpStep(models.Model):
    """A half minute whose code this person has used: no process accepts that code again.

    A row and not a mark in a cache, which each process would have for itself. By the person and not by the app, so that
    the code that sets an app up cannot be used once more to log in.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="used_totp_steps")
    step = models.PositiveBigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "step"], name="a_totp_code_is_used_once")]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.step}"
