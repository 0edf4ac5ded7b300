"""Where Waypoint keeps things. Every process reads these, so they live in the lowest room that needs them."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class StorageSettings(BaseSettings):
    """The database and the data folder, from the environment or a ``.env`` file."""

    model_config = SettingsConfigDict(env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True)

    database_url: SecretStr | None = Field(
        default=None,
        description="PostgreSQL to use, e.g. `postgresql://waypoint:secret@db/waypoint`. "
        "Without it Waypoint runs its own in `WAYPOINT_HOME`.",
    )
    waypoint_home: Path = Field(
        default=Path("~/.waypoint"),
        description="Folder for the embedded database, downloaded data sets and the playground's state.",
    )

    @property
    def home(self) -> Path:
        """`waypoint_home` with ``~`` expanded, absolute."""
        return self.waypoint_home.expanduser().resolve()
