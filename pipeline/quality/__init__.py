"""Gates between stages: Great Expectations suites over whole tables, told in the words of the tables."""

from pipeline.quality.gate import GateFailed, GateResult, Outcome, check

__all__ = ["GateFailed", "GateResult", "Outcome", "check"]
