"""One service in a process of its own: `python -m tailored.child curriculum 8101`, told all else by its environment.

It ends in order when its input closes, so that nobody is left behind by a parent that was killed.
"""

import logging
import sys

import uvicorn

from tailored.parent import end_with_parent


def main() -> None:
    """Serve until told to stop."""
    name, port = sys.argv[1], int(sys.argv[2])
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s", stream=sys.stdout
    )
    for loud in ("httpx", "aio_pika", "aiormq", "alembic", "faststream"):
        logging.getLogger(loud).setLevel(logging.WARNING)
    end_with_parent()
    uvicorn.run(
        f"services.{name}.app:create",
        factory=True,
        host="127.0.0.1",
        port=port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=2,
        ws="none",
    )


if __name__ == "__main__":
    main()
