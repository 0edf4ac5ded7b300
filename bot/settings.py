"""Everything an operator can set, in one place; the README's table is made from these descriptions."""

from typing import Literal

from pydantic import Field, SecretStr

from workers.queue import Quota
from workers.settings import WorkerSettings


class Settings(WorkerSettings):
    """The bot's settings, on top of those of storage and workers."""

    discord_token: SecretStr | None = Field(
        default=None, description="The bot's token. Not needed for `waypoint playground`."
    )
    discord_api_url: str | None = Field(
        default=None, description="Another Discord to talk to, e.g. a playground at `http://127.0.0.1:8765`."
    )
    discord_guild_id: int | None = Field(
        default=None, description="Register commands in this one server (at once) instead of everywhere."
    )
    max_queued_runs: int = Field(
        default=3, ge=0, le=20, description="Runs of one member that may wait in the queue while one runs."
    )
    max_upload_mb: int = Field(
        default=25, ge=1, le=500, description="Megabytes that a member's own file for a run may have."
    )
    nudge_holdout: float = Field(
        default=0.1,
        ge=0,
        le=0.5,
        description="Share of the members who ask for nudges and get none, to see whether they help; 0 for nobody.",
    )
    shard_ids: list[int] | None = Field(
        default=None, description="The shards that this process serves, e.g. `[0,1]`; all by default."
    )
    shard_count: int | None = Field(default=None, description="Shards in all; Discord's recommendation by default.")
    playground_port: int = Field(default=8765, ge=0, le=65535, description="Port of the playground's page.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(default="INFO", description="How much to log.")

    @property
    def quota(self) -> Quota:
        """How many runs a member may have."""
        return Quota(queued=self.max_queued_runs)
