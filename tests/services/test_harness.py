import pytest
from django.db import connection
from kombu.exceptions import OperationalError

from config import celery_app
from tests.services.processes import MARK, is_up, wait_until

pytestmark = pytest.mark.django_db(transaction=True)


def workers_that_answer():
    return [name for reply in celery_app.control.ping(timeout=0.5) for name in reply]


@pytest.mark.parametrize("pool", ["solo", "prefork"])
def test_worker_answers_until_it_is_killed(celery_worker, pool):
    worker = celery_worker(pool=pool, concurrency=2)
    wait_until(workers_that_answer, what="the worker's answer to a ping")

    worker.kill()

    assert not worker.is_running
    assert workers_that_answer() == []


def test_worker_stops_in_order(celery_worker):
    worker = celery_worker()

    worker.stop()

    assert not worker.is_running
    assert "Warm shutdown" in worker.output


def test_worker_runs_a_task(celery_worker):
    worker = celery_worker()

    celery_app.send_task("exams.sweep")

    wait_until(lambda: "succeeded" in worker.output, what=worker)


def test_beat_starts(celery_beat):
    assert celery_beat().is_running


def test_web_server_serves_from_the_test_database(web_server):
    server = web_server(workers=1)

    assert is_up(server.url)
    with connection.cursor() as cursor:
        # Servers of tests that run side by side have databases of their own in the same PostgreSQL.
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s AND datname = current_database()", [MARK]
        )
        assert cursor.fetchone()[0] > 0
    server.kill()
    assert not is_up(server.url)


def test_stopped_broker_refuses_and_a_started_one_takes_messages(broker, celery_worker):
    broker.stop()
    with pytest.raises(OperationalError):
        celery_app.tasks["exams.sweep"].apply_async(retry=False)

    broker.start()
    worker = celery_worker()
    celery_app.send_task("exams.sweep")
    wait_until(lambda: "succeeded" in worker.output, what=worker)


def test_worker_comes_back_when_the_broker_does(broker, celery_worker):
    worker = celery_worker()
    broker.stop()
    wait_until(lambda: "Connection to broker lost" in worker.output, what="the worker's notice of the loss")

    broker.start()

    wait_until(workers_that_answer, timeout=30, what="the worker's answer to a ping")


def test_sweep_runs_again_after_the_broker_was_away(broker, celery_worker, celery_beat):
    worker, beat = celery_worker(), celery_beat()
    wait_until(lambda: "succeeded" in worker.output, 30, worker)
    broker.stop()
    wait_until(lambda: "Connection refused" in beat.output, 30, beat)  # it tried to send and could not

    broker.start()

    runs = worker.output.count("succeeded")
    wait_until(lambda: worker.output.count("succeeded") > runs, 60, worker)
    assert beat.is_running
