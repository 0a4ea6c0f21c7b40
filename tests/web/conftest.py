"""All services behind one address, as the ingress shows them, on databases of their own, and a browser to look."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID

import httpx
import pytest
from playwright.async_api import Browser, Page, async_playwright
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.pool import NullPool

from shared.events.base import Event
from shared.messaging import emit
from shared.web import personas
from shared.web.identity import COOKIE, issue
from tailored import single
from tests.serving import serving_in_a_thread

SERVICES = ("gateway", "recruitment", "curriculum", "placement", "feedback")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class System:
    """Where the pages are, and the databases behind them."""

    def __init__(self, urls: dict[str, str], signing_key: str) -> None:
        self.url = ""
        self.urls = urls
        self.signing_key = signing_key
        self._sessions: dict[str, Any] = {}

    def sessions(self, service: str) -> Any:
        """Sessions of the test's own loop; the services have theirs."""
        if service not in self._sessions:
            engine = create_async_engine(self.urls[service], poolclass=NullPool)
            self._sessions[service] = async_sessionmaker(engine, expire_on_commit=False)
        return self._sessions[service]

    def token(self, persona: str) -> str:
        return issue(personas.PERSONAS[persona], self.signing_key)

    async def ask(self, persona: str, method: str, path: str, **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.token(persona)}"}
        async with httpx.AsyncClient(
            base_url=self.url, headers=headers, trust_env=False, timeout=30
        ) as client:
            return await client.request(method, path, **more)

    async def say(self, *events: Event) -> list[UUID]:
        """Each as its publisher says it: through that service's outbox."""
        ids = []
        for event in events:
            service = event.publisher if event.publisher in SERVICES else "gateway"
            async with self.sessions(service).begin() as session:
                ids.append(emit(session, event))
        return ids

    async def until(self, true: Callable[[], Awaitable[Any]], what: str, seconds: float = 30) -> Any:
        """Wait for it, not longer than that."""
        for _ in range(int(seconds / 0.1)):
            if found := await true():
                return found
            await asyncio.sleep(0.1)
        raise AssertionError(f"{what} did not happen in {seconds} s")


@pytest.fixture
async def system(
    database_url: Callable[[str], Awaitable[str]], signing_keys: tuple[str, str]
) -> AsyncIterator[System]:
    urls = {service: await database_url(service) for service in SERVICES}
    found = System(urls, signing_keys[0])
    with serving_in_a_thread(lambda port: single.build(urls, signing_keys, port), lifespan="on") as found.url:
        yield found


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield browser
        await browser.close()


@pytest.fixture
def page_of(system: System, browser: Browser) -> Callable[..., Awaitable[Page]]:
    """`await page_of("coordinator", "en", 390)` -> a page signed in as that persona, which notes what goes wrong."""

    async def make(persona: str | None, language: str = "zh", width: int = 1440) -> Page:
        context = await browser.new_context(
            viewport={"width": width, "height": 900 if width > 900 else 844},
            locale="zh-CN" if language == "zh" else "en-GB",
            device_scale_factor=1,
        )
        cookies = [{"name": "lang", "value": language, "url": system.url}]
        if persona:
            https = system.url.replace("http:", "https:")
            cookies.append({"name": COOKIE, "value": system.token(persona), "url": https, "secure": True})
        await context.add_cookies(cookies)
        page = await context.new_page()
        page.wrong = []  # type: ignore[attr-defined]
        page.on("console", lambda said: page.wrong.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: page.wrong.append(str(error)))
        page.on(
            "request",
            lambda asked: (
                None if asked.url.startswith((system.url, "data:", "blob:")) else page.wrong.append(asked.url)
            ),
        )
        return page

    return make
