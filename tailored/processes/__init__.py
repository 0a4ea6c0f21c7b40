"""The whole system as processes over RabbitMQ: `python -m tailored.processes --home .tailored --port 8000`.

One uvicorn for each service (or several: replicas), a database for each on an embedded PostgreSQL or a server that is
given, and a front on one port. Each process logs to a file in the home, and all end when whoever started them ends.
"""

import sys

sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type] # its command line, with rich and pygments: no service's

from tailored.processes.system import NotReady, System  # noqa: E402

__all__ = ["NotReady", "System"]
