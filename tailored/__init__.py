"""The command `tailored`: the one place that sees all services."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # small matrices, and five services on one machine
