from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("Accounts")

    def ready(self) -> None:
        from allauth.account import signals as account_signals
        from allauth.account.models import EmailAddress
        from allauth.mfa import signals as mfa_signals
        from allauth.mfa.models import Authenticator
        from django.contrib.auth import signals as auth_signals
        from django.db.models.signals import m2m_changed, post_delete, post_save

        # The outbox asks for a task by its name; the web process must know it as well as a worker does.
        from accounts import adapters, signals, tasks  # noqa: F401
        from accounts.models import User

        post_save.connect(signals.user_saved, sender=User)
        for through in (User.groups.through, User.user_permissions.through):
            m2m_changed.connect(signals.groups_changed, sender=through)
        post_save.connect(signals.address_saved, sender=EmailAddress)
        post_delete.connect(signals.address_deleted, sender=EmailAddress)
        account_signals.email_added.connect(signals.address_wanted)
        account_signals.email_confirmed.connect(signals.address_confirmed)
        post_save.connect(signals.factor_saved, sender=Authenticator)
        post_delete.connect(signals.factor_deleted, sender=Authenticator)
        mfa_signals.authenticator_used.connect(signals.factor_used)
        mfa_signals.authentication_failed.connect(signals.factor_refused)
        auth_signals.user_logged_in.connect(signals.session_began)
        account_signals.user_logged_in.connect(signals.logged_in)
        auth_signals.user_login_failed.connect(signals.log_in_failed)
        auth_signals.user_logged_out.connect(signals.logged_out)
        account_signals.authentication_step_completed.connect(signals.step_completed)
        account_signals.password_reset.connect(adapters.claim_by_reset)
