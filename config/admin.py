from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.utils.decorators import method_decorator


@method_decorator(secure_admin_login, name="login")
class AdminSite(admin.AdminSite):
    """The admin, entered through the same log-in (and rate limits) as everything else."""

    site_header = "Question bank and exams"
    site_title = "Instructors"
    index_title = "Instructors"
    enable_nav_sidebar = True
