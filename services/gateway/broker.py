"""Broker users for sources: each may write to exchange `ingress` under its own id, and to nothing else."""

import secrets
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from services.gateway.model import Source
from shared.errors import Refused
from shared.messaging.addresses import addresses, first_that_answers
from shared.messaging.management import speaking_to
from shared.settings import Settings

INGRESS = "ingress"
QUEUE = "gateway.ingress"
QUEUE_ARGUMENTS = {"x-queue-type": "quorum"}
EVERYTHING = "#"


class NoBroker(Refused):
    """Broker users cannot be made here, because no management API is configured."""

    code = "E-GTW-BROKER"
    status = 409
    zh = "此处未配置消息代理的管理接口，无法创建代理用户。"
    remedy = "Set RABBITMQ_MANAGEMENT_URL, or let the source send over HTTP."
    remedy_zh = "请设置 RABBITMQ_MANAGEMENT_URL，或改用 HTTP 发送。"


def user_name(source: Source) -> str:
    """The broker user of a source."""
    return f"source-{source.source_id}"


def reply_queue(source_id: object) -> str:
    """The queue on which a source may wait for refusals."""
    return f"reply.{source_id}"


async def create_user(settings: Settings, source: Source) -> dict[str, Any]:
    """A user with a new password; asked again, the old password ends."""
    if not settings.rabbitmq_management_url or not settings.rabbitmq_url:
        raise NoBroker
    path = urlsplit(addresses(settings.rabbitmq_url)[0]).path
    vhost = quote(unquote(path.removeprefix("/")) or "/", safe="")
    user, password = user_name(source), secrets.token_urlsafe(32)
    own, reply = str(source.source_id), reply_queue(source.source_id)

    async def make(management: str) -> None:
        async with speaking_to(management) as api:
            for path, body in (
                (f"/api/users/{user}", {"password": password, "tags": ""}),
                (
                    f"/api/permissions/{vhost}/{user}",
                    # it may make and read its own reply queue, and write to `ingress` alone
                    {
                        "configure": f"^{_exactly(reply)}$",
                        "write": f"^{INGRESS}$",
                        "read": f"^{_exactly(reply)}$",
                    },
                ),
                (
                    f"/api/topic-permissions/{vhost}/{user}",
                    {"exchange": INGRESS, "write": f"^{_exactly(own)}$", "read": "^$"},
                ),
                (f"/api/exchanges/{vhost}/{INGRESS}", {"type": "topic", "durable": True}),
                (f"/api/queues/{vhost}/{QUEUE}", {"durable": True, "arguments": QUEUE_ARGUMENTS}),
            ):
                answer = await api.put(path, json=body)
                answer.raise_for_status()
            # whoever has the password may write at once: the queue is there though nobody listens yet
            answer = await api.post(
                f"/api/bindings/{vhost}/e/{INGRESS}/q/{QUEUE}", json={"routing_key": EVERYTHING}
            )
            answer.raise_for_status()

    await first_that_answers(settings.rabbitmq_management_url, make)
    return {"user": user, "password": password, "exchange": INGRESS, "routing_key": own, "reply_to": reply}


def _exactly(name: str) -> str:
    return name.replace(".", r"\.")
