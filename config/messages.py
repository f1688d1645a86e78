from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage


class HostCookieStorage(CookieStorage):
    cookie_name = "__Host-messages"  # no neighbouring site can set it


class HostMessageStorage(FallbackStorage):
    """Django's default, cookie before session, with the name of the cookie that Django has no setting for."""

    storage_classes = (HostCookieStorage, SessionStorage)
