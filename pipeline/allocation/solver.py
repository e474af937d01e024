"""HiGHS on sparse matrices: minimise, simplex, one thread, so that the same instance gives the same plan."""

from dataclasses import dataclass

import highspy
import numpy as np

from pipeline.allocation.programme import Programme
from pipeline.allocation.sparse_rows import Index, Matrices, Matrix
from pipeline.core.errors import TerminalError

TOLERANCE = 1e-9
# One more chip is a step to the right. Where whole numbers meet exactly, the dual at the plan itself may
# belong to the step to the left, so the prices are read just to the right of it.
STEP_CHIPS = 1e-5


@dataclass(frozen=True)
class Solution:
    """An optimum.

    Attributes:
        values: one for each column of the programme.
        objective: as minimised, in units of the programme's scale.
        shadow_price: value of one more chip in each generation and week, in the currency. All weeks are in
            the money of the first week's Monday: a later price is discounted to it, none stands in the money
            of its own week.
    """

    values: Matrix
    objective: float
    shadow_price: Matrix


def solve_programme(programme: Programme) -> Solution:
    """Solve for the plan, then for the prices around it.

    For the prices, what floors and frozen decisions miss stays as it is: they are money alone, not the weight
    of a rule that was broken.

    Raises:
        TerminalError: HiGHS did not find an optimum (every programme has one, so this is a fault).
    """
    solver = load_solver(programme.matrices)
    _run(solver)
    values, objective = _answer(solver)
    _fix(solver, programme.frozen, values[programme.frozen], values[programme.frozen])
    missing = values[programme.missing]
    _fix(solver, programme.missing, np.zeros(missing.size), missing + TOLERANCE)
    solver.changeColsCost(programme.missing.size, programme.missing, np.zeros(missing.size))
    balance = programme.balance.ravel()
    supplied = programme.matrices.row_lower[balance] + STEP_CHIPS
    solver.changeRowsBounds(balance.size, balance.astype(np.int32), supplied, supplied)
    _run(solver)
    duals = np.array(solver.getSolution().row_dual)[programme.balance]
    return Solution(values, objective, -duals * programme.scale)


def optimum(matrices: Matrices) -> tuple[Matrix, float]:
    """Return the best column values and the objective.

    Raises:
        TerminalError: HiGHS did not find an optimum.
    """
    solver = load_solver(matrices)
    _run(solver)
    return _answer(solver)


def _answer(solver: highspy.Highs) -> tuple[Matrix, float]:
    return np.array(solver.getSolution().col_value), float(solver.getInfo().objective_function_value)


def load_solver(matrices: Matrices) -> highspy.Highs:
    """Hand the matrices to HiGHS, with the options that make it repeatable."""
    solver = highspy.Highs()
    for option, value in (
        ("output_flag", False),
        ("threads", 1),
        ("parallel", "off"),
        ("random_seed", 0),
        ("solver", "simplex"),
        ("primal_feasibility_tolerance", TOLERANCE),
        ("dual_feasibility_tolerance", TOLERANCE),
    ):
        solver.setOptionValue(option, value)
    programme = highspy.HighsLp()
    programme.num_row_, programme.num_col_ = matrices.rows.shape
    programme.sense_ = highspy.ObjSense.kMinimize
    programme.col_cost_, programme.col_lower_, programme.col_upper_ = (
        matrices.cost,
        matrices.lower,
        matrices.upper,
    )
    programme.row_lower_, programme.row_upper_ = matrices.row_lower, matrices.row_upper
    programme.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    programme.a_matrix_.start_ = matrices.rows.indptr
    programme.a_matrix_.index_ = matrices.rows.indices
    programme.a_matrix_.value_ = matrices.rows.data
    solver.passModel(programme)
    return solver


def _fix(solver: highspy.Highs, columns: Index, lower: Matrix, upper: Matrix) -> None:
    solver.changeColsBounds(columns.size, columns.astype(np.int32), lower, upper)


def _run(solver: highspy.Highs) -> None:
    solver.run()
    status = solver.getModelStatus()
    if status != highspy.HighsModelStatus.kOptimal:
        raise TerminalError(
            f"allocation: HiGHS ended with '{solver.modelStatusToString(status)}' instead of an optimum, "
            "although every programme has one: please report the run's inputs"
        )
