"""One form of every e-mail address, so that two spellings of one address never lead to two people.

Wherever an address enters (sign-up, log-in, reset, invitation, admin, list), `normalize_address` comes first, and what
is stored, compared and written to is its result. Comparisons are exact: one that ignores case is made by the database,
which takes `ı` for `I`, and so for another person's address.
"""

import re
import unicodedata

from django.utils.translation import gettext as _

# What the eye does not see and Unicode does not count among format characters: fillers, joiners, variation selectors.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
# The second half of an internet address, as mail programs make links of: evil.example, www.evil, https://…
_LINK = re.compile(r"://|\bwww\.|[@\\]|\w{2,}\.\w{2,}", re.IGNORECASE)


def _visible(text: str) -> str:
    """Return the text without the characters that nobody sees."""
    kept = (sign for sign in text if unicodedata.category(sign) != "Cf")
    return _INVISIBLE.sub("", "".join(kept))


def normalize_address(text: str) -> str:
    """Return the one form of an address. What `address_problem` refuses may come out in any form.

    Compatibility forms such as full-width letters become what they look like; the domain gets its ASCII form. Letters
    outside ASCII before the @ stay, for `address_problem` to refuse: folding them would change whose address it is.
    """
    text = unicodedata.normalize("NFKC", _visible(text)).strip()
    local, at, domain = text.rpartition("@")
    if not at:
        return text.lower()
    return f"{local.lower() if local.isascii() else local}@{_ascii_domain(domain.lower())}"


def _ascii_domain(domain: str) -> str:
    if domain.isascii():
        return domain
    try:
        encoded = domain.encode("idna")
        # `ß` becomes `ss` by the old rules and a domain of its own by the new ones: whose it is cannot be told.
        return encoded.decode("ascii") if encoded.decode("idna") == domain else domain
    except UnicodeError:
        return domain


def address_problem(address: str) -> str:
    """Say why a normalized address is not usable, beyond its shape; empty if nothing is wrong."""
    local, _at, domain = address.rpartition("@")
    if strange := [sign for sign in dict.fromkeys(local) if not "!" <= sign <= "~" or sign == '"']:
        signs = ", ".join(f"“{sign}”" if sign.isprintable() else f"U+{ord(sign):04X}" for sign in strange[:5])
        return _("Before the @, use only plain letters, digits and signs; this address has %(signs)s.") % {
            "signs": signs
        }
    if not domain.isascii():
        return _("This domain name is ambiguous. Write it in its ASCII form, which begins with xn--.")
    return ""


def mailbox_key(address: str) -> str:
    """Return what many addresses of one mailbox share at large providers: no tag after +, no dots. For limits only."""
    local, _at, domain = normalize_address(address).rpartition("@")
    return f"{local.partition('+')[0].replace('.', '')}@{domain}"


def one_line_problem(text: str) -> str:
    """Say why a text cannot be part of a mail or a heading; empty if nothing is wrong."""
    if any(unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") for sign in text):
        return _("Write it on one line, without control characters or invisible characters.")
    if "://" in text or re.search(r"\bwww\.", text, re.IGNORECASE):
        return _("Leave the web address out.")
    return ""


def name_problem(name: str) -> str:
    """Say why a text is not usable as a person's name; empty if nothing is wrong."""
    # Joiners are part of names in Persian and some Indian scripts.
    problem = one_line_problem(name.replace("\u200c", "").replace("\u200d", ""))
    if not problem and _LINK.search(name):
        return _("A name cannot contain a web or email address. Put a space after each dot.")
    return problem
