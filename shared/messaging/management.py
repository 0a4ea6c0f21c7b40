"""The broker's management API, as all that ask it speak to it."""

import httpx

SECONDS = 10.0


def speaking_to(address: str) -> httpx.AsyncClient:
    """Past any proxy, and trusting SSL_CERT_FILE all the same; no error names the password of the address."""
    url = httpx.URL(address)
    return httpx.AsyncClient(
        base_url=url.copy_with(username=None, password=None), auth=(url.username, url.password),
        timeout=SECONDS, trust_env=False, verify=httpx.create_ssl_context(),
    )  # fmt: skip
