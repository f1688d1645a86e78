from django.urls import path

from exams import views

app_name = "exams"
urlpatterns = [
    path("", views.home, name="home"),
    path("certifications/<slug:code>/", views.certification_detail, name="certification"),
    path("certifications/<slug:code>/chapters/<int:number>/", views.chapter_detail, name="chapter"),
    path("exams/<slug:slug>/", views.exam_detail, name="exam-detail"),
    path("exams/<slug:slug>/start/", views.exam_start, name="exam-start"),
    path("join/<str:token>/", views.join, name="join"),
    path("invitations/<int:invitation_id>/", views.invitation_answer, name="invitation"),
    path("cohorts/", views.own_cohorts, name="cohorts"),
    path("cohorts/<int:cohort_id>/leave/", views.cohort_leave, name="cohort-leave"),
    path("attempts/", views.history, name="history"),
    path("attempts/<uuid:attempt_id>/", views.attempt_page, name="attempt"),
    path("attempts/<uuid:attempt_id>/answers/<int:position>/", views.answer_save, name="answer-save"),
    path("attempts/<uuid:attempt_id>/clock/", views.attempt_clock, name="attempt-clock"),
    path("attempts/<uuid:attempt_id>/hand-in/", views.hand_in, name="attempt-hand-in"),
    path("attempts/<uuid:attempt_id>/result/", views.attempt_result, name="attempt-result"),
    path("attempts/<uuid:attempt_id>/unsaved/", views.attempt_unsaved, name="attempt-unsaved"),
    path("attempts/<uuid:attempt_id>/review/", views.attempt_review, name="attempt-review"),
    path("attempts/<uuid:attempt_id>/review/<int:position>/problem/", views.problem_report, name="problem-report"),
    path("problems/", views.problem_reports, name="problem-reports"),
    path("privacy/", views.privacy, name="privacy"),
    path("your-data/", views.own_data, name="own-data"),
]
