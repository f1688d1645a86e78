from accounts.models.addresses import (
    AddressField,
    AddressFormField,
    validate_address,
    validate_name,
    validate_one_line,
)
from accounts.models.audit import AuditEvent, AuditIsAppendOnly, AuditPermit
from accounts.models.extra_time import ExtraTime
from accounts.models.factors import UsedTotpStep
from accounts.models.mail import OutgoingMail
from accounts.models.users import User, UserManager, account_of, validate_time_zone

__all__ = [
    "AddressField",
    "AddressFormField",
    "AuditEvent",
    "AuditIsAppendOnly",
    "AuditPermit",
    "ExtraTime",
    "OutgoingMail",
    "UsedTotpStep",
    "User",
    "UserManager",
    "account_of",
    "validate_address",
    "validate_name",
    "validate_one_line",
    "validate_time_zone",
]
