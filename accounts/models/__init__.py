from accounts.models.audit import AuditEvent, AuditIsAppendOnly, AuditPermit
from accounts.models.users import User, UserManager, validate_time_zone

__all__ = ["AuditEvent", "AuditIsAppendOnly", "AuditPermit", "User", "UserManager", "validate_time_zone"]
