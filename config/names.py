"""The names that Django makes of the names of models and fields, in the language of who reads the admin.

Without a name in words, `extra_time_until` is "extra time until". To write each of them a second time in its model
would be two hundred labels, and migrations that change nothing: they are translated here, and listed for makemessages.
"""

from itertools import chain

from django.apps import apps
from django.utils.translation import gettext_lazy
from django.utils.translation import gettext_noop as _


def translate_names() -> None:
    """Let all models and fields that have a plain name have a translated one. The migrations see the plain one."""
    for model in apps.get_models():
        meta = model._meta
        if isinstance(meta.verbose_name, str):
            # Django puts an s behind it, or somebody wrote a better one; its language is still the site's own.
            meta.verbose_name_plural = gettext_lazy(str(meta.verbose_name_plural))
            meta.verbose_name = gettext_lazy(meta.verbose_name)
        for field in chain(meta.concrete_fields, meta.many_to_many):
            if isinstance(field.verbose_name, str):
                field.verbose_name = gettext_lazy(field.verbose_name)


# fmt: off
NAMES = frozenset((
    _("accommodation"), _("accommodations"), _("action"), _("actor"), _("actor name"), _("address"), _("after"),
    _("answer"), _("assignment"), _("assignments"), _("at"), _("attempt"), _("attempt item"), _("attempt items"),
    _("attempts"), _("attempts allowed"), _("audit event"), _("audit events"), _("audit permit"), _("audit permits"),
    _("authenticator"), _("authenticators"), _("before"), _("by"), _("candidate"), _("candidates"), _("case text"),
    _("cells"), _("certification"), _("certifications"), _("chapter"), _("choices"), _("choose"), _("closed at"),
    _("closed by"), _("closes at"), _("code"), _("cohort"), _("cohorts"), _("computed at"), _("content"),
    _("copied from"), _("correct"), _("counted"), _("created at"), _("created by"), _("cut score"), _("data"),
    _("deadline at"), _("declined time zone"), _("description"), _("difficulty"), _("discrimination"), _("domain"),
    _("domains"), _("draw key"), _("due at"), _("earned"), _("erased at"), _("error"), _("exam"), _("exam form"),
    _("exam forms"), _("exam quota"), _("exam quotas"), _("exams"), _("exclude tags"), _("explanation"),
    _("extension"), _("extensions"), _("extra time percent"), _("extra time until"), _("failed at"), _("finished at"),
    _("form"), _("form question"), _("form questions"), _("former member"), _("former members"), _("granted at"),
    _("granted by"), _("id"), _("ID"), _("import draft"), _("import drafts"), _("include tags"), _("instructors"),
    _("invitation"), _("invitations"), _("invite token"), _("is active"), _("is counted"), _("is current"),
    _("is flagged"), _("is scored"), _("item"), _("joined at"), _("judged answer"), _("judged answers"), _("key"),
    _("key p"), _("kind"), _("language"), _("last used at"), _("loaded digest"), _("membership"), _("memberships"),
    _("minutes"), _("name"), _("negative p"), _("not reached"), _("number"), _("old revision"), _("opens at"),
    _("option order"), _("options"), _("ordered at"), _("outcome"), _("outline"), _("page count"), _("parked at"),
    _("pending join"), _("pending joins"), _("position"), _("problem report"), _("problem reports"), _("prompt"),
    _("published at"), _("published revision"), _("question"), _("question count"), _("question event"),
    _("question events"), _("questions"), _("queued at"), _("rationales"), _("reached"), _("reason"), _("recipient"),
    _("references"), _("request id"), _("requested at"), _("rescore"), _("rescore failure"), _("rescore failures"),
    _("resolved at"), _("resolved by"), _("response"), _("reviewer"), _("revision"), _("revisions"), _("right"),
    _("rule"), _("saved by page"), _("scale max"), _("scale min"), _("scaled"), _("score"), _("scores"),
    _("scoring error"), _("scoring requested at"), _("scoring rule"), _("scoring tries"), _("seconds"),
    _("seconds spent"), _("seed"), _("sent at"), _("sequence"), _("service note"), _("session epoch"),
    _("share right"), _("show explanations"), _("show key"), _("show score"), _("shuffle options"), _("slug"),
    _("source chapter"), _("source id"), _("source title"), _("started at"), _("state"), _("status"),
    _("status note"), _("stem"), _("stem mark"), _("stem marks"), _("struck"), _("study material"), _("subject"),
    _("submitted at"), _("tag"), _("tags"), _("target id"), _("target name"), _("target type"), _("task"), _("tasks"),
    _("text"), _("time zone"), _("title"), _("total"), _("tried at"), _("tries"), _("type"), _("unscored correct"),
    _("unscored count"), _("unscored total"), _("updated at"), _("used totp step"), _("used totp steps"), _("user"),
    _("users"), _("valid as of"), _("version"), _("waiting"), _("weight"),
))
# fmt: on
