from django.urls import path

from accounts import views

app_name = "accounts"
urlpatterns = [
    path("preferences/", views.preferences, name="preferences"),
    path("confirm-email/again/", views.send_again, name="send-again"),
    path("demo-mail/", views.demo_mail, name="demo-mail"),
    path("time-zone/", views.time_zone, name="time-zone"),
    path("scheme/", views.scheme, name="scheme"),
    path("language/", views.language, name="language"),
    path("confirmed/", views.resume, name="resume"),
    path("sessions/<int:pk>/end/", views.end_session, name="session-end"),
]
