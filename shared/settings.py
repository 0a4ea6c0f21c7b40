"""What a process must be told by its environment."""

from pathlib import Path
from typing import Literal

from pydantic_settings import BaseSettings, SettingsConfigDict

SECRETS = [folder for folder in ("/run/secrets/public", "/run/secrets/private") if Path(folder).is_dir()]
ROLES = ("http", "consumer", "relay", "scheduler", "worker")


class Settings(BaseSettings):
    """Read from the environment, and secrets also from files. A missing DATABASE_URL stops the start."""

    model_config = SettingsConfigDict(extra="ignore", secrets_dir=SECRETS or None)

    database_url: str
    rabbitmq_url: str | None = None
    rabbitmq_management_url: str | None = None
    roles: str = ",".join(ROLES)
    environment: Literal["demo", "production"] = "production"
    personas: bool = False
    verify_key: str | None = None
    signing_key: str | None = None
    services_url: str = "http://127.0.0.1:8000"
    oidc_public_url: str = ""
    topology_map: Path = Path(__file__).parent / "messaging" / "map.json"
    pool_size: int = 5
    prefetch: int = 600

    def has(self, role: str) -> bool:
        """Whether this process plays that role."""
        return role in {one.strip() for one in self.roles.split(",")}

    @property
    def demo(self) -> bool:
        """Whether personas and the business clock exist here."""
        return self.environment == "demo"
