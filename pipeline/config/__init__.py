"""Settings say where (environment); Policy says what we decide (TOML)."""

from pipeline.config.policy import Policy, load_policy
from pipeline.config.settings import Settings

__all__ = ["Policy", "Settings", "load_policy"]
