# One recipe for every service: docker build --build-arg SERVICE=curriculum .
# The image holds shared/ and that one service; another service cannot even be imported in it.
FROM python:3.12-slim AS build
ARG SERVICE
RUN pip install --no-cache-dir --root-user-action=ignore uv
WORKDIR /app
ENV UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1 UV_PYTHON_DOWNLOADS=never
COPY pyproject.toml uv.lock ./
COPY shared/pyproject.toml shared/
COPY services/${SERVICE}/pyproject.toml services/${SERVICE}/
ARG EXTRAS=""
RUN uv sync --frozen --no-dev --package ${SERVICE} ${EXTRAS}

FROM python:3.12-slim
ARG SERVICE
# Only curriculum prints: its PDF forms need the system libraries of pango.
RUN if [ "$SERVICE" = curriculum ]; then apt-get update && apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 && rm -rf /var/lib/apt/lists/*; fi
RUN useradd --system --uid 10001 --home-dir /app tailored
WORKDIR /app
COPY --from=build /app/.venv .venv
COPY services/__init__.py services/
COPY shared shared
COPY contracts contracts
COPY services/${SERVICE} services/${SERVICE}
# The matrices are small: threads of the algebra library wait for one another longer than they compute.
ENV OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1
ENV SERVICE=${SERVICE} PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER tailored
EXPOSE 8000
CMD ["sh", "-c", "exec uvicorn --factory services.$SERVICE.app:create --host 0.0.0.0 --port 8000 --no-access-log --timeout-graceful-shutdown 20"]
