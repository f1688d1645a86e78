from accounts.models.audit import AuditEvent
from accounts.models.users import User, UserManager, validate_time_zone

__all__ = ["AuditEvent", "User", "UserManager", "validate_time_zone"]
