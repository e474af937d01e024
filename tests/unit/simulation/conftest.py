import pytest

from pipeline.simulation import simulate
from tests.unit.simulation.reading import Simulated, read_simulation

WEEKS = 100


@pytest.fixture(scope="session")
def market(tmp_path_factory: pytest.TempPathFactory) -> Simulated:
    """The default scenario over 100 weeks."""
    return read_simulation(simulate(tmp_path_factory.mktemp("market"), weeks=WEEKS, seed=7, events=16_000))


@pytest.fixture(scope="session")
def sold_out(tmp_path_factory: pytest.TempPathFactory) -> Simulated:
    return read_simulation(
        simulate(tmp_path_factory.mktemp("sold_out"), weeks=WEEKS, seed=7, scenario="sold_out", events=12_000)
    )


@pytest.fixture(scope="session")
def abundant(tmp_path_factory: pytest.TempPathFactory) -> Simulated:
    return read_simulation(
        simulate(tmp_path_factory.mktemp("abundant"), weeks=WEEKS, seed=7, scenario="abundant", events=12_000)
    )
