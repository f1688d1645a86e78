FROM python:3.11-slim-bookworm
ENV PYTHONUNBUFFERED=1 DJANGO_SETTINGS_MODULE=config.settings.prod PROMETHEUS_MULTIPROC_DIR=/metrics WEB_CONCURRENCY=4
RUN useradd --system --create-home app && install --directory --owner=app /metrics
WORKDIR /app
COPY config/requirements/base.txt config/requirements/
RUN pip install --no-cache-dir --require-hashes -r config/requirements/base.txt
COPY . .
# Collecting the static files needs complete settings but no service; this secret ends with the line.
RUN SECRET_KEY=$(python -c "import secrets; print(secrets.token_hex(32))") \
    ALLOWED_HOSTS=build DATABASE_URL=postgres://build REDIS_URL=redis://build \
    python manage.py collectstatic --noinput
USER app
EXPOSE 8000
# The number of processes comes from WEB_CONCURRENCY, which gunicorn reads.
CMD ["gunicorn", "config.wsgi", "--bind=0.0.0.0:8000", "--threads=4", \
     "--worker-tmp-dir=/dev/shm", "--no-control-socket"]
