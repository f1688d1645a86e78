from django.urls import path

from exams.attempts.views.keeping import attempt_unsaved
from exams.attempts.views.taking import answer_save, attempt_clock, attempt_page, hand_in
from exams.cohorts.views import cohort_leave, invitation_answer, join, own_cohorts
from exams.people.views import own_data, privacy
from exams.problems.views import problem_report, problem_reports
from exams.results.views.afterwards import attempt_result, history
from exams.results.views.choosing import certification_detail, chapter_detail, exam_detail, exam_start
from exams.results.views.home import home
from exams.results.views.reviewing import attempt_retry, attempt_review, review_all, review_question
from exams.study.views.choosing import builder, practice_count, practice_set, practice_set_assign, practice_start
from exams.study.views.noting import question_note
from exams.study.views.planning import plan, practice_today
from exams.study.views.practising import (
    practice_answer,
    practice_check,
    practice_clock,
    practice_finish,
    practice_question,
    practice_result,
    practice_retry,
    practice_run,
)
from exams.study.views.trying import trial

app_name = "exams"
urlpatterns = [
    path("", home, name="home"),
    path("certifications/<slug:code>/", certification_detail, name="certification"),
    path("certifications/<slug:code>/chapters/<int:number>/", chapter_detail, name="chapter"),
    path("exams/<slug:slug>/", exam_detail, name="exam-detail"),
    path("exams/<slug:slug>/start/", exam_start, name="exam-start"),
    path("join/<str:token>/", join, name="join"),
    path("invitations/<int:invitation_id>/", invitation_answer, name="invitation"),
    path("cohorts/", own_cohorts, name="cohorts"),
    path("cohorts/<int:cohort_id>/leave/", cohort_leave, name="cohort-leave"),
    path("attempts/", history, name="history"),
    path("attempts/<uuid:attempt_id>/", attempt_page, name="attempt"),
    path("attempts/<uuid:attempt_id>/answers/<int:position>/", answer_save, name="answer-save"),
    path("attempts/<uuid:attempt_id>/clock/", attempt_clock, name="attempt-clock"),
    path("attempts/<uuid:attempt_id>/hand-in/", hand_in, name="attempt-hand-in"),
    path("attempts/<uuid:attempt_id>/result/", attempt_result, name="attempt-result"),
    path("attempts/<uuid:attempt_id>/unsaved/", attempt_unsaved, name="attempt-unsaved"),
    path("attempts/<uuid:attempt_id>/review/", attempt_review, name="attempt-review"),
    path("attempts/<uuid:attempt_id>/review/all/", review_all, name="review-all"),
    path("attempts/<uuid:attempt_id>/review/<int:position>/", review_question, name="review-question"),
    path("attempts/<uuid:attempt_id>/retry/", attempt_retry, name="attempt-retry"),
    path("attempts/<uuid:attempt_id>/review/<int:position>/problem/", problem_report, name="problem-report"),
    path("try/<slug:code>/", trial, name="trial"),
    path("plan/", plan, name="plan"),
    path("practice/today/", practice_today, name="practice-today"),
    path("practice/", builder, name="practice"),
    path("practice/count/", practice_count, name="practice-count"),
    path("practice/start/", practice_start, name="practice-start"),
    path("practice/sets/<uuid:set_id>/", practice_set, name="practice-set"),
    path("practice/sets/<uuid:set_id>/cohorts/<int:cohort_id>/", practice_set_assign, name="practice-set-assign"),
    path("practice/<uuid:practice_id>/", practice_run, name="practice-run"),
    path("practice/<uuid:practice_id>/<int:position>/", practice_question, name="practice-question"),
    path("practice/<uuid:practice_id>/answers/<int:position>/", practice_answer, name="practice-answer"),
    path("practice/<uuid:practice_id>/<int:position>/check/", practice_check, name="practice-check"),
    path("practice/<uuid:practice_id>/clock/", practice_clock, name="practice-clock"),
    path("practice/<uuid:practice_id>/finish/", practice_finish, name="practice-finish"),
    path("practice/<uuid:practice_id>/result/", practice_result, name="practice-result"),
    path("practice/<uuid:practice_id>/retry/", practice_retry, name="practice-retry"),
    path("questions/<int:question_id>/note/", question_note, name="question-note"),
    path("problems/", problem_reports, name="problem-reports"),
    path("privacy/", privacy, name="privacy"),
    path("your-data/", own_data, name="own-data"),
]
