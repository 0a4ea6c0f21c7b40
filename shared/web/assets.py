"""The files under /static, each with its fingerprint in the address, so that browsers may keep them for ever."""

import hashlib
from functools import cache
from pathlib import Path

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

STATIC = Path(__file__).parent / "static"


@cache
def url(name: str) -> str:
    """`static("app.css")` is `/static/app.css?v=1f3a...`."""
    content = (STATIC / name).read_bytes()
    return f"/static/{name}?v={hashlib.sha256(content).hexdigest()[:12]}"


class KeptFiles(StaticFiles):
    """Static files that a browser asks for once."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """A file with its time to live: for ever where the address carries its fingerprint."""
        response = await super().get_response(path, scope)
        forever = b"v=" in scope.get("query_string", b"")
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if forever else "no-cache"
        return response
