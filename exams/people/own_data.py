"""All that is stored about one person, as they may read it now: without keys they may not see, without other people."""

import datetime as dt
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import AuditEvent, OutgoingMail, User
from exams.attempts.models import Attempt, Extension
from exams.attempts.queries.meeting import open_questions
from exams.attempts.queries.taking import ShownItem, shown, shown_items
from exams.blueprints.rules import FULL
from exams.cohorts.models import Accommodation, Invitation, PendingJoin
from exams.corrections.queries import corrected_scores
from exams.problems.queries import reports_by, withheld_answers
from exams.release.queries import may_know, shown_of_each
from exams.release.shown import Shown, When
from exams.scoring.models import Score
from exams.scoring.queries import Tallies, Tally, in_table, summed_by_domain, tallies_of
from exams.study.models import Memory, Note, Practice, PracticeSet, SetAssignment, StudyPlan
from exams.study.queries.pool import asked_now
from questions.models import Question, QuestionEvent

Data = dict[str, Any]


def rows_in_the_log(person: User, name: str) -> dict[str, list[Any]]:
    """Return the rows by which the audit log speaks of a person beside their account: ids by `app.model`."""
    # A membership that has ended is known by its name alone.
    ended = AuditEvent.objects.filter(target_type="exams.membership", target_name__startswith=f"{name} in ")
    return {
        "account.emailaddress": list(EmailAddress.objects.filter(user=person).values_list("pk", flat=True)),
        "mfa.authenticator": list(Authenticator.objects.filter(user=person).values_list("pk", flat=True)),
        "exams.attempt": list(person.attempts.values_list("pk", flat=True)),
        "exams.accommodation": list(person.accommodations.values_list("pk", flat=True)),
        "exams.membership": [
            *person.memberships.values_list("pk", flat=True),
            *ended.values_list("target_id", flat=True),
        ],
    }


def all_about(person: User, now: dt.datetime) -> Data:
    """Return it as JSON can hold it. Not for a page: there are a few queries for each attempt."""
    addresses = EmailAddress.objects.filter(user=person)
    emails = sorted({person.email.lower(), *addresses.values_list(Lower("email"), flat=True)})
    return {
        "made_at": now,
        "account": {
            "number": person.pk,
            "email": person.email,
            "name": person.name,
            "joined_at": person.joined_at,
            "last_login": person.last_login,
            "time_zone": person.time_zone,
            "time_zone_not_wanted": person.declined_time_zone,
            "language": person.language,
            "extra_time_percent": person.extra_time_percent,
            "is_instructor": person.is_staff,
            "is_superuser": person.is_superuser,
            "groups": list(person.groups.values_list("name", flat=True)),
        },
        "extra_time": list(person.extra_times.values("percent", "until_at", "reason", "granted_at")),
        "addresses": list(addresses.values("email", "verified", "primary")),
        "second_factors": list(Authenticator.objects.filter(user=person).values("type", "created_at", "last_used_at")),
        "sessions": _sessions(person),
        "mail": _mail(emails),
        "cohorts": _cohorts(person, emails),
        "attempts": _attempts(person, now),
        "study": _study(person),
        "problem_reports": _reports(person, now),
        "as_instructor": _as_instructor(person),
        "log": _log(person, emails),
    }


def _sessions(person: User) -> list[Data]:
    rows = UserSession.objects.filter(user=person).values("created_at", "last_seen_at", "ip", "user_agent")
    return [dict(row) for row in rows]


def _mail(emails: list[str]) -> list[Data]:
    mails = OutgoingMail.objects.alias(lower=Lower("recipient")).filter(lower__in=emails)
    return [dict(row) for row in mails.values("recipient", "subject", "queued_at", "sent_at", "parked_at")]


def _cohorts(person: User, emails: list[str]) -> Data:
    invitations = Invitation.objects.alias(lower=Lower("email")).filter(lower__in=emails)
    given = Accommodation.objects.filter(candidate=person)
    return {
        "member_of": list(person.memberships.values("cohort__name", "joined_at")),
        "formerly_in": list(person.former_memberships.values("cohort__name", "joined_at", "ended_at", "was_removed")),
        "came_by_the_link_of": list(PendingJoin.objects.filter(candidate=person).values("cohort__name", "at")),
        "invited_to": list(invitations.values("cohort__name", "email", "name", "invited_at", "declined_at")),
        "special_terms": list(
            given.values(
                *("assignment__exam__title", "assignment__cohort__name"),
                *("extra_time_percent", "closes_at", "attempts_allowed"),
            )
        ),
    }


# --- What they took ------------------------------------------------------------------------------------------------


def _attempts(person: User, now: dt.datetime) -> list[Data]:
    attempts = list(Attempt.objects.filter(candidate=person).select_related("exam").order_by("started_at"))
    shown = shown_of_each(attempts, now)
    return [_attempt(attempt, shown[attempt.pk]) for attempt in attempts]


def _attempt(attempt: Attempt, shown: Shown) -> Data:
    items = shown_items(attempt)
    codes = dict(attempt.items.values_list("position", "question__code"))
    return {
        "id": attempt.pk,
        "exam": attempt.exam.title,
        "state": attempt.get_state_display(),
        "started_at": attempt.started_at,
        "deadline_at": attempt.deadline_at,
        "submitted_at": attempt.submitted_at,
        "extra_time_percent": attempt.extra_time_percent,
        "more_time": list(Extension.objects.filter(attempt=attempt).values("minutes", "reason", "at")),
        "answers": [_answer(item, codes[item.position]) for item in items],
        "scores": _scores(attempt, shown),
    }


def _answer(item: ShownItem, code: str) -> Data:
    """Return what they gave, by the letters that they saw: our own numbers would tell the order it was written in."""
    return {
        "position": item.position,
        "question": code,
        "answer": [str(line) for line in item.answer],
        "ruled_out": [letter for _number, letter in item.asked.struck],
        "flagged": item.is_flagged,
        "sure": item.is_sure,
        "seconds": item.seconds_spent,
    }


def _scores(attempt: Attempt, shown: Shown) -> list[Data] | str:
    if shown.score is not When.NOW:
        return _("withheld for now") if shown.score is When.LATER else _("not shown for this exam")
    judged: set[int] = set()
    if shown.key is When.NOW:
        known = may_know(attempt.items.all(), attempt.candidate_id)
        judged = set(known.values_list("position", flat=True))
    # Why a question was judged again may say what is right in it.
    corrections = corrected_scores(attempt, is_key_shown=shown.key is When.NOW)
    reasons = {correction.after.pk: f"{correction.position}: {correction.reason}" for correction in corrections}
    scores = list(attempt.scores.order_by("version"))
    tallies = tallies_of(scores)
    return [_score(score, tallies[score.pk], judged, reasons.get(score.pk, "")) for score in scores]


def _score(score: Score, tallies: Tallies, judged: set[int], reason: str) -> Data:
    by_question = score.answers.filter(item__position__in=judged).order_by("item__position")
    return {
        "version": score.version,
        "reason": reason.removesuffix(": "),
        "at": score.created_at,
        "estimate": score.scaled,
        "points" if score.is_partial else "right": in_table(score.points),
        "of": score.total,
        "passed": score.is_passed,
        "by_domain": {str(number): _pair(tally) for (number, _name), tally in summed_by_domain(tallies).items()},
        "by_task": {place.code: _pair(tally) for place, tally in tallies.items()},
        "by_question": {
            str(position): in_table(Fraction(earned, FULL))
            for position, earned in by_question.values_list("item__position", "earned")
        },
    }


def _pair(tally: Tally) -> list[Any]:
    return [in_table(tally.points), tally.total]


# --- What they practised -------------------------------------------------------------------------------------------


def _study(person: User) -> Data:
    """Return plans, practice, notes and what is remembered of each question, without what an exam under way asks."""
    remembered = Memory.objects.filter(candidate=person).exclude(question__in=open_questions(person))
    columns = ["question__code", "answers", "misses", "last_at", "due_at", "stability", "difficulty"]
    notes = Note.objects.filter(candidate=person).order_by("question__code")
    sets = PracticeSet.objects.filter(owner=person).order_by("created_at")
    practices = Practice.objects.filter(candidate=person).select_related("certification").order_by("started_at")
    return {
        "plans": list(
            StudyPlan.objects.filter(candidate=person)
            .order_by("chosen_at")
            .values("certification__code", "exam_date", "minutes_a_day", "chosen_at", "parameters")
        ),
        "sets": list(sets.values("title", "certification__code", "criteria", "created_at")),
        "given_sets": list(SetAssignment.objects.filter(by=person).values("set__title", "cohort__name", "at")),
        "notes": list(notes.values("question__code", "text", "is_bookmarked", "updated_at")),
        "remembered": list(remembered.order_by("question__code").values(*columns)),
        "practices": [_practice(practice) for practice in practices],
    }


def _practice(practice: Practice) -> Data:
    items = practice.items.order_by("position")
    told = items.exclude(asked_now(practice.candidate_id)).filter(judged__isnull=False)
    earned = dict(told.values_list("position", "judged__earned"))
    columns = ("position", "question__code", "reason", "is_sure", "checked_at")
    rows = {row["position"]: row for row in items.values(*columns)}
    return {
        "id": practice.pk,
        "title": practice.title,
        "certification": practice.certification.code,
        "started_at": practice.started_at,
        "finished_at": practice.finished_at,
        "answers": [_practised(item, rows[item.position], earned.get(item.position)) for item in shown(items)],
    }


def _practised(item: ShownItem, row: Mapping[str, Any], earned: int | None) -> Data:
    """`earned`: None while nobody has checked it, and while an exam under way asks it."""
    answer = _answer(item, row["question__code"])
    answer |= {"reason": row["reason"], "sure": row["is_sure"], "checked_at": row["checked_at"]}
    return answer if earned is None else answer | {"earned": in_table(Fraction(earned, FULL))}


def _reports(person: User, now: dt.datetime) -> list[Data]:
    reports = list(reports_by(person))
    withheld = withheld_answers(reports, person, now)
    return [
        {
            "exam": report.item.attempt.exam.title,
            "question": report.question.code,
            "kind": report.get_kind_display(),
            "text": report.text,
            "made_at": report.created_at,
            "answered_at": report.resolved_at,
            "outcome": "" if report.pk in withheld else report.get_outcome_display(),
            "answer": _("withheld for now") if report.pk in withheld and report.answer else report.answer,
        }
        for report in reports
    ]


# --- What they did -------------------------------------------------------------------------------------------------


def _as_instructor(person: User) -> Data:
    """Return what they wrote and taught. The text of a request for review names the other person, so it stays out."""
    events = QuestionEvent.objects.filter(by=person).select_related("question").order_by("at")
    return {
        "cohorts": list(person.cohorts_taught.values_list("name", flat=True)),
        "to_review": list(Question.objects.filter(reviewer=person).values_list("code", flat=True)),
        "questions": [
            {
                "question": event.question.code,
                "did": event.get_kind_display(),
                "at": event.at,
                "text": "" if event.did is QuestionEvent.Kind.SENT_TO_REVIEW else event.text,
            }
            for event in events
        ],
    }


def _log(person: User, emails: list[str]) -> list[Data]:
    """Return what the audit log has of what they did, from where, and of what was done to them, without by whom."""
    about = set(audit.events_about(person, addresses=emails, targets=rows_in_the_log(person, str(person))))
    events = AuditEvent.objects.filter(Q(actor=person) | Q(pk__in=about)).order_by("at", "pk")
    rows = []
    for event in events:
        is_own = event.actor_id == person.pk
        row: Data = {"at": event.at, "act": event.action, "by": _("you") if is_own else _("somebody else")}
        if is_own:
            row["address"] = event.address
        if event.target_type == User._meta.label_lower and event.target_id == str(person.pk):
            row |= {"before": event.before, "after": event.after}
        rows.append(row)
    return rows
