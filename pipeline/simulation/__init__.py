"""A market with known truth: events for every part of the pipeline, and what they should lead to."""

from pipeline.simulation.scenario import SCENARIOS
from pipeline.simulation.simulate import SimulationSummary, simulate

__all__ = ["SCENARIOS", "SimulationSummary", "simulate"]
