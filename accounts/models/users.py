import datetime as dt
import zoneinfo
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, Self

from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.addresses import normalize_address
from accounts.models.addresses import AddressField, validate_name


@cache
def time_zones() -> frozenset[str]:
    """Return the names that mean the same on every machine: two of the system's own do not."""
    return frozenset(zoneinfo.available_timezones() - {"localtime", "Factory"})


def languages() -> dict[str, str]:
    """Return code → own name of each language that the site speaks."""
    return dict(settings.LANGUAGES)


def default_time_zone() -> str:
    return str(settings.DEFAULT_TIME_ZONE)


def validate_time_zone(name: str) -> None:
    if name not in time_zones():
        raise ValidationError(
            gettext("“%(name)s” is not a time zone. Use a name such as Europe/Berlin."), params={"name": name}
        )


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=normalize_address(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create someone who may do everything, and log in at once: whoever has the shell needs no e-mail."""
        from allauth.account.models import EmailAddress  # needs this model, so not before it exists

        user = self.create_user(email, password, is_staff=True, is_superuser=True, **fields)
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=username)


class User(AbstractBaseUser, PermissionsMixin):
    """A person, known by an e-mail address. Instructors are staff in the group of `accounts.roles`."""

    email = AddressField(_("email"), unique=True)
    name = models.CharField(max_length=150, blank=True, validators=[validate_name])
    is_active = models.BooleanField(
        default=True, help_text=_("Untick this instead of deleting the person: results stay readable.")
    )
    is_staff = models.BooleanField(_("may enter the admin"), default=False)
    extra_time_percent = models.PositiveSmallIntegerField(
        _("extra time (%)"),
        default=0,
        help_text=_(
            "Added to the minutes of every exam that this person starts from now on: 25 extends 180 minutes to 225."
        ),
    )
    # Null: without an end, as it was granted before ends were kept. The history is in `ExtraTime`.
    extra_time_until = models.DateTimeField(null=True, blank=True, editable=False)
    time_zone = models.CharField(max_length=64, default=default_time_zone, validators=[validate_time_zone])
    # The browser's zone that the person did not want; it is not offered again.
    declined_time_zone = models.CharField(max_length=64, blank=True, db_default="", default="", editable=False)
    # Empty: as the browser asks. No choices, so that a new language needs no migration.
    language = models.CharField(max_length=10, blank=True, db_default="", default="")
    joined_at = models.DateTimeField(default=timezone.now, editable=False)
    # Part of what each session of this person must know: raising it ends them (accounts.services.end_sessions).
    session_epoch = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    # When this person was forgotten: the row stays, for what it took and wrote, and names nobody.
    erased_at = models.DateTimeField(null=True, editable=False)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = []

    objects = UserManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), name="one_account_per_email_whatever_its_case"),
            models.CheckConstraint(
                condition=models.Q(extra_time_percent__lte=300), name="extra_time_is_at_most_300_percent"
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def clean(self) -> None:
        super().clean()
        self.email = normalize_address(self.email)

    def check_password(self, raw_password: str | None) -> bool:
        """Compare, and leave an old hash as it is: a new one would end this person's sessions. The log-in renews it."""
        return check_password(raw_password, self.password)

    def extra_time_at(self, now: dt.datetime) -> int:
        """Return the percentage that holds for an exam started now."""
        is_over = self.extra_time_until is not None and self.extra_time_until <= now
        return 0 if is_over else self.extra_time_percent

    @property
    def zone(self) -> dt.tzinfo:
        """The person's time zone; the site's, if this system's tzdata does not know theirs: the preferences mend it."""
        try:
            return zoneinfo.ZoneInfo(self.time_zone)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError):
            return zoneinfo.ZoneInfo(default_time_zone())

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name or self.email

    # --- Saving what changed and nothing else ----------------------------------------------------------------

    # What the database held when this object was read. A request that read the person before somebody else changed
    # the password, the address or a role must not write the old value back with the rest of the row.
    loaded: dict[str, Any] | None = None

    @classmethod
    def from_db(cls, *args: Any, **kwargs: Any) -> Self:
        user = super().from_db(*args, **kwargs)
        user.loaded = user._concrete_values()
        return user

    def _concrete_values(self) -> dict[str, Any]:
        names = (field.attname for field in self._meta.concrete_fields)
        return {name: self.__dict__[name] for name in names if name in self.__dict__}

    @property
    def changes(self) -> dict[str, tuple[Any, Any]]:
        """Return what differs from the row that was read, as field → (old, new)."""
        missing = object()
        old = self.loaded or {}
        return {
            name: (old.get(name), value)
            for name, value in self._concrete_values().items()
            if old.get(name, missing) != value
        }

    def save(self, **kwargs: Any) -> None:
        if self.loaded is not None and kwargs.get("update_fields") is None and not kwargs.get("force_insert"):
            kwargs["update_fields"] = list(self.changes)
        super().save(**kwargs)
        self._note_what_is_stored(kwargs.get("update_fields"))

    def refresh_from_db(self, *args: Any, **kwargs: Any) -> None:
        super().refresh_from_db(*args, **kwargs)
        self._note_what_is_stored(kwargs.get("fields"))

    def _note_what_is_stored(self, fields: Iterable[str] | None) -> None:
        values = self._concrete_values()
        if fields is not None:
            values = {name: values[name] for name in fields if name in values}
        self.loaded = {**(self.loaded or {}), **values}

    # --- Sessions ----------------------------------------------------------------------------------------------

    def get_session_auth_hash(self) -> str:
        return self._of_this_epoch(super().get_session_auth_hash())

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        return (self._of_this_epoch(fallback) for fallback in super().get_session_auth_fallback_hash())

    def _of_this_epoch(self, password_hash: str) -> str:
        return f"{password_hash}.{self.session_epoch}" if self.session_epoch else password_hash


def account_of(address: str) -> User | None:
    """Return whose account an address is: who has verified it, else who signed up with it.

    An address that somebody only added to an account of another address is nobody's until it is verified. Otherwise
    whoever adds a stranger's address keeps the stranger out, or gets what is sent to them.
    """
    from allauth.account.models import EmailAddress  # needs this model, so not before it exists

    address = normalize_address(address)
    verified = EmailAddress.objects.filter(email=address, verified=True).select_related("user").first()
    return verified.user if verified else User.objects.filter(email=address).first()
