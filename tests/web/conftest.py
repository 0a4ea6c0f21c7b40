"""All services behind one address, as the ingress shows them, on databases of their own, and a browser to look."""

import asyncio
import contextlib
import importlib
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from playwright.async_api import Browser, Page, async_playwright

from shared.web import personas
from shared.web.identity import COOKIE, issue

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


class Ingress:
    """Sends each request to the service that owns its path."""

    def __init__(self, apps: dict[str, FastAPI]) -> None:
        self.apps = apps

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            return
        first = scope["path"].strip("/").partition("/")[0]
        await self.apps.get(first, self.apps["gateway"])(scope, receive, send)


class System:
    """Where the pages are, and the databases behind them."""

    def __init__(self, url: str, apps: dict[str, FastAPI], signing_key: str) -> None:
        self.url = url
        self.apps = apps
        self.signing_key = signing_key

    def sessions(self, service: str) -> Any:
        return self.apps[service].state.sessions

    def token(self, persona: str) -> str:
        return issue(personas.PERSONAS[persona], self.signing_key)

    def client(self, persona: str) -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {self.token(persona)}"}
        return httpx.AsyncClient(base_url=self.url, headers=headers, trust_env=False, timeout=30)


@contextlib.contextmanager
def serving(app: Any) -> Iterator[str]:
    """A server in a thread of its own: the browser and the test wait for each other."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app, port=port, lifespan="off", log_level="warning", ws="none"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        threading.Event().wait(0.02)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        server.force_exit = True
        thread.join(10)


@pytest.fixture
async def system(
    database_url: Callable[[str], Awaitable[str]],
    settings_for: Callable[..., Any],
    signing_keys: tuple[str, str],
) -> AsyncIterator[System]:
    urls = {service: await database_url(service) for service in SERVICES}
    apps: dict[str, FastAPI] = {}
    with serving(Ingress(apps)) as url:
        for service in SERVICES:
            create = importlib.import_module(f"services.{service}.app").create
            apps[service] = create(settings_for(urls[service], services_url=url))
        yield System(url, apps, signing_keys[0])
    await asyncio.sleep(0)


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
            lambda asked: None if asked.url.startswith((system.url, "data:", "blob:")) else page.wrong.append(asked.url),
        )
        return page

    return make
