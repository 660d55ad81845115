# The one image of production: Airflow's services and the command kolwatch (docker-compose.yml).
FROM python:3.11-slim-bookworm

# An index with builds of torch for CPUs only makes the image some gigabytes smaller.
ARG TORCH_INDEX=""
RUN pip install --no-cache-dir ${TORCH_INDEX:+--index-url "$TORCH_INDEX"} torch==2.13.0

WORKDIR /app
COPY requirements.lock requirements-production.lock ./
RUN pip install --no-cache-dir --requirement requirements.lock

COPY pyproject.toml README.md LICENSE ./
COPY pipeline pipeline/
COPY dags dags/
COPY sql sql/
COPY guidance guidance/
COPY models models/
RUN pip install --no-cache-dir --no-build-isolation --constraint requirements-production.lock --editable ".[production]"

ENV AIRFLOW_HOME=/app/airflow \
    AIRFLOW__CORE__DAGS_FOLDER=/app/dags \
    AIRFLOW__CORE__LOAD_EXAMPLES=False \
    PYTHONUNBUFFERED=1
RUN useradd --system --uid 10001 --create-home kolwatch \
    && mkdir -p airflow/logs \
    && chown -R kolwatch:kolwatch airflow
USER kolwatch

CMD ["kolwatch", "doctor"]
