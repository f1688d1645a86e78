from accounts.admin.audit import AuditEventAdmin
from accounts.admin.mail import OutgoingMailAdmin
from accounts.admin.people import GroupAdmin, UserAdmin
from accounts.admin.read_only import ReadOnlyAdmin
from accounts.admin.signing_in import AuthenticatorAdmin, EmailAddressAdmin

__all__ = [
    "AuditEventAdmin",
    "AuthenticatorAdmin",
    "EmailAddressAdmin",
    "GroupAdmin",
    "OutgoingMailAdmin",
    "ReadOnlyAdmin",
    "UserAdmin",
]
