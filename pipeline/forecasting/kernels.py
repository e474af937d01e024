"""Compiled kernels of the engine: many small models fitted to one series, weighed by rolling origins.

One module on purpose: the compiler's cache does not see edits of another module whose kernels it calls.
A series is an array in order of time, NaN where not observed: a step without observation updates nothing.

Linear innovations models (Hyndman, Koehler, Ord and Snyder 2008, Forecasting with Exponential Smoothing,
doi:10.1007/978-3-540-71918-2) stand as x[t] = F x[t-1] + g e[t], y[t] = w x[t-1] + e[t] with two states at
most. The errors are linear in the initial state, so that it is found by least squares in the same pass and
only the smoothing parameters are searched.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]
Steps = NDArray[np.int64]
Marks = NDArray[np.bool_]
Function = TypeVar("Function", bound=Callable[..., Any])

MODELS = ("ses", "theta", "damped", "drift", "ar", "ar_differenced", "ces")
TRANSFORMS = ("raw", "log", "ratio", "offset", "ratio_2", "offset_2")
SEASONAL_MODELS = (
    "seasonal_ar",
    "seasonal_ar_log",
    "seasonal_difference_ar",
    "seasonal_difference_ar_log",
    "airline",
    "airline_log",
    "damped_season",
    "damped_season_log",
    "seasonal_naive",
    "seasonal_mean",
)
_PLAIN = 2  # transforms that have all models
_COMMON = len(MODELS) - 1  # others have no complex smoothing: on deseasonalised series it costs accuracy
DIRECT = tuple(
    f"{model}/{transform}"
    for place, transform in enumerate(TRANSFORMS)
    for model in MODELS[: _COMMON + (place < _PLAIN)]
)
COMPONENTS = DIRECT + SEASONAL_MODELS

_THETA, _DAMPED, _DRIFT, _CES = 1, 2, 3, 6
_WORST = 1e300
_NEAR_ZERO = 0.05
_LONG_SEASON = 24


def compiled(function: Function) -> Function:
    """Compile for the machine, cached on disk, without Python's lock."""
    return cast("Function", njit(cache=True, nogil=True, error_model="numpy")(function))


@compiled
def filter_pass(
    values: Array,
    f12: float,
    f21: float,
    f22: float,
    w2: float,
    g1: float,
    g2: float,
    has_two: bool,
    is_drawn: bool,
    state: Array,
) -> float:
    """Sum of squared errors with the best initial state; `state` receives the state at the end.

    Three recursions run side by side: the filter from a zero state, and its response to each initial state.
    Where `is_drawn` the second state at the start is drawn to zero, the more the less its standard error
    tells it from zero (James and Stein 1961: the positive part of 1 - 1 / t²).
    """
    s1 = s2 = 0.0
    p1, p2, q1, q2 = 1.0, 0.0, 0.0, 1.0
    see = spp = spq = sqq = rp = rq = seen = 0.0
    for t in range(len(values)):
        error = values[t]
        if error == error:
            seen += 1
            error -= s1 + w2 * s2
            dp = -(p1 + w2 * p2)
            see += error * error
            spp += dp * dp
            rp += dp * error
            s1, s2 = s1 + f12 * s2 + g1 * error, f21 * s1 + f22 * s2 + g2 * error
            p1, p2 = p1 + f12 * p2 + g1 * dp, f21 * p1 + f22 * p2 + g2 * dp
            if has_two:
                dq = -(q1 + w2 * q2)
                spq += dp * dq
                sqq += dq * dq
                rq += dq * error
                q1, q2 = q1 + f12 * q2 + g1 * dq, f21 * q1 + f22 * q2 + g2 * dq
        else:
            s1, s2 = s1 + f12 * s2, f21 * s1 + f22 * s2
            p1, p2 = p1 + f12 * p2, f21 * p1 + f22 * p2
            q1, q2 = q1 + f12 * q2, f21 * q1 + f22 * q2
    x1 = -rp / spp if spp > 0 else 0.0
    x2 = 0.0
    determinant = spp * sqq - spq * spq
    if has_two and determinant > 1e-10 * spp * sqq:
        x1 = -(sqq * rp - spq * rq) / determinant
        x2 = -(spp * rq - spq * rp) / determinant
        if is_drawn:
            noise = max(see + x1 * rp + x2 * rq, 0.0) / max(seen - 3.0, 1.0)
            signal = x2 * x2 * determinant / spp
            x2 *= max(0.0, 1.0 - noise / signal) if signal > 0 else 0.0
            x1 = -(rp + x2 * spq) / spp
    state[0] = s1 + x1 * p1 + x2 * q1
    state[1] = s2 + x1 * p2 + x2 * q2
    state[2] = x1
    state[3] = x2
    return see + x1 * (2 * rp + x1 * spp) + x2 * (2 * rq + x2 * sqq + 2 * x1 * spq)


@compiled
def ces_is_admissible(alpha_0: float, alpha_1: float) -> bool:
    """Whether complex smoothing is invertible and its forecast does not explode.

    Svetunkov, Kourentzes and Ord (2022), doi:10.1002/nav.22074.
    """
    trace = 2.0 - 2.0 * alpha_0 + alpha_1
    determinant = (1.0 - alpha_0 + alpha_1) * (1.0 - alpha_0) + (1.0 - alpha_1) * (1.0 - alpha_0 - alpha_1)
    if not (abs(determinant) < 0.999 and abs(trace) < 1.0 + determinant):
        return False
    half, product = 0.5 * (2.0 - alpha_0), 2.0 - alpha_0 - alpha_1
    inside = half * half - product
    if inside >= 0:
        return bool(abs(half) + np.sqrt(inside) <= 1.0015)
    return product <= 1.003


@compiled
def model_error(kind: int, values: Array, parameters: Array, state: Array) -> float:
    """Sum of squared errors of a two-state model at its smoothing parameters; huge where not allowed."""
    a, b, phi = parameters[0], parameters[1], parameters[2]
    if kind == _CES:
        if not (0.6 <= a <= 2.0 and 0.4 <= b <= 1.5 and ces_is_admissible(a, b)):
            return _WORST
        f12, f21, f22, w2, g1, g2 = b - 1.0, 1.0, 1.0 - a, 0.0, a - b, a + b
    else:
        if not 0.001 <= a <= 0.999:
            return _WORST
        if kind == _DAMPED and not (0.001 <= b <= 0.6 and 0.8 <= phi <= 0.98):
            return _WORST
        if kind != _DAMPED:
            b, phi = 0.0, 1.0 if kind == _DRIFT else 0.0
        f12, f21, f22, w2, g1, g2 = phi, 0.0, phi, phi, a, a * b
    is_drift = kind == _DRIFT
    has_two = is_drift or kind == _CES or kind == _DAMPED
    total = filter_pass(values, f12, f21, f22, w2, g1, g2, has_two, is_drift, state)
    return total if total == total else _WORST


@compiled
def fit_smoothing(kind: int, values: Array, parameters: Array, is_warm: bool, state: Array) -> None:
    """Fit a two-state model by least squares: on a grid, then by steps that halve where none is better.

    Where `is_warm` the search starts at the given parameters instead of the grid.
    """
    count = 3 if kind == _DAMPED else (2 if kind == _CES else 1)
    starts = 1 if is_warm else (16 if kind == _DAMPED else (12 if kind == _CES else 5))
    tried, start, best = np.empty(3), np.empty(3), _WORST
    for place in range(3):
        start[place] = parameters[place]
    step = 0.04 if is_warm else 0.1
    moves, turn, is_better = 2 * count, 0, False
    for trial in range(starts + moves * (4 if is_warm else 8)):
        if trial < starts:
            for place in range(3):
                tried[place] = start[place]
            if not is_warm:
                if kind == _CES:
                    tried[0] = (0.9, 1.1, 1.4, 1.8)[trial % 4]
                    tried[1] = (0.8, 0.95, 1.0)[trial // 4]
                elif kind == _DAMPED:
                    tried[0] = (0.05, 0.3, 0.6, 0.9)[trial % 4]
                    tried[1] = (0.02, 0.15)[trial // 4 % 2]
                    tried[2] = (0.85, 0.95)[trial // 8]
                else:
                    tried[0] = (0.02, 0.1, 0.3, 0.6, 0.9)[trial]
        else:
            for place in range(3):
                tried[place] = parameters[place]
            share = 0.5 if turn // 2 > 0 and kind == _DAMPED else 1.0
            tried[turn // 2] += step * share if turn % 2 == 0 else -step * share
        total = model_error(kind, values, tried, state)
        if total < best * (1.0 - 1e-6):
            best, is_better = total, True
            for place in range(3):
                parameters[place] = tried[place]
        if trial >= starts:
            turn += 1
            if turn == moves:
                if not is_better:
                    step *= 0.4
                turn, is_better = 0, False
        elif trial == starts - 1:
            is_better = False


@compiled
def half_slope(values: Array) -> float:
    """Half the slope of the straight line through the values: the drift of the Theta method.

    Hyndman and Billah (2003), doi:10.1016/S0169-2070(01)00143-1.
    """
    count = total = moment = square = product = 0.0
    for t in range(len(values)):
        if values[t] == values[t]:
            count += 1
            total += values[t]
            moment += t
            square += t * t
            product += t * values[t]
    below = square - moment * moment / max(count, 1.0)
    return 0.5 * (product - moment * total / count) / below if below > 0 else 0.0


@compiled
def forecast_smoothing(kind: int, values: Array, parameters: Array, is_warm: bool, answer: Array) -> None:
    """Fit a two-state model and write its forecast function into `answer`."""
    size, state = len(values), np.zeros(4)
    slope = half_slope(values) if kind == _THETA else 0.0
    rest = np.empty(size)
    for t in range(size):
        rest[t] = values[t] - slope * t
    fit_smoothing(kind, rest, parameters, is_warm, state)
    model_error(kind, rest, parameters, state)
    level, trend = state[0], state[1]
    phi = parameters[2] if kind == _DAMPED else (1.0 if kind == _DRIFT else 0.0)
    factor, reach = phi, 0.0
    for step in range(len(answer)):
        if kind == _CES:
            answer[step] = level
            level, trend = level - (1.0 - parameters[1]) * trend, level + (1.0 - parameters[0]) * trend
        else:
            reach += factor
            factor *= phi
            answer[step] = level + reach * trend + slope * (size + step)


@compiled
def solve_positive(matrix: Array, right: Array, size: int, solution: Array) -> bool:
    """Solve the leading block by Cholesky; False where it is not positive definite."""
    lower = np.empty((size, size))
    for i in range(size):
        for j in range(i + 1):
            rest = matrix[i, j]
            for k in range(j):
                rest -= lower[i, k] * lower[j, k]
            if i == j:
                if rest <= 1e-12 * abs(matrix[i, i]):
                    return False
                lower[i, i] = np.sqrt(rest)
            else:
                lower[i, j] = rest / lower[j, j]
    for i in range(size):
        rest = right[i]
        for k in range(i):
            rest -= lower[i, k] * solution[k]
        solution[i] = rest / lower[i, i]
    for i in range(size - 1, -1, -1):
        rest = solution[i]
        for k in range(i + 1, size):
            rest -= lower[k, i] * solution[k]
        solution[i] = rest / lower[i, i]
    return True


@compiled
def fit_autoregression(values: Array, lags: Steps, coefficients: Array) -> int:
    """Least squares on as many of the lags, in order, as AICc keeps; returns how many, -1 where impossible.

    Rows with anything unobserved are left out. Hurvich and Tsai (1989), doi:10.1093/biomet/76.2.297.
    """
    size, longest = len(lags), 0
    for lag in lags:
        longest = max(longest, lag)
    gram, right = np.zeros((size, size)), np.zeros(size)
    squares, rows = 0.0, 0
    for t in range(longest, len(values)):
        is_whole = values[t] == values[t]
        for j in range(size):
            is_whole = is_whole and values[t - lags[j]] == values[t - lags[j]]
        if not is_whole:
            continue
        squares += values[t] * values[t]
        rows += 1
        for j in range(size):
            past = values[t - lags[j]]
            right[j] += past * values[t]
            for i in range(j + 1):
                gram[j, i] += past * values[t - lags[i]]
    if rows < size + 5:
        return -1
    for j in range(size):
        gram[j, j] *= 1 + 1e-6
        for i in range(j):
            gram[i, j] = gram[j, i]
    solution = np.zeros(size)
    best, chosen = _WORST, 0
    for order in range(size + 1):
        if order > 0 and not solve_positive(gram, right, order, solution):
            break
        rest = squares
        for j in range(order):
            rest -= solution[j] * right[j]
        rest = max(rest, 1e-12 * squares) + 1e-300
        parameters = order + 2
        if rows - parameters - 1 <= 0:
            break
        criterion = rows * np.log(rest / rows) + 2.0 * parameters * rows / (rows - parameters - 1)
        if criterion < best:
            best, chosen = criterion, order
            for place in range(order):
                coefficients[place] = solution[place]
    return chosen


@compiled
def forecast_autoregression(values: Array, lags: Steps, difference: int, answer: Array) -> bool:
    """Autoregression of the values, or of their changes over `difference` steps; False where impossible."""
    size, horizon = len(values), len(answer)
    changes = np.empty(size)
    for t in range(difference):
        changes[t] = np.nan
    for t in range(difference, size):
        changes[t] = values[t] - values[t - difference] if difference > 0 else values[t]
    count = total = 0.0
    for t in range(size):
        if changes[t] == changes[t]:
            total += changes[t]
            count += 1
    if count < len(lags) + 6:
        return False
    mean = total / count
    for t in range(size):
        changes[t] -= mean
    coefficients = np.zeros(len(lags))
    order = fit_autoregression(changes, lags, coefficients)
    if order < 0:
        return False
    carried = np.zeros(size + horizon)
    largest = 0.0
    for t in range(size):
        if changes[t] == changes[t]:
            carried[t] = changes[t]
            largest = max(largest, abs(changes[t]))
    for t in range(size, size + horizon):
        for j in range(order):
            carried[t] += coefficients[j] * carried[t - lags[j]]
        carried[t] = min(max(carried[t], -4 * largest), 4 * largest)
    if difference == 0:
        for step in range(horizon):
            answer[step] = carried[size + step] + mean
        return True
    levels = carry_forward(values, horizon)
    for step in range(horizon):
        levels[size + step] = levels[size + step - difference] + carried[size + step] + mean
        answer[step] = levels[size + step]
    return True


@compiled
def carry_forward(values: Array, further: int) -> Array:
    """Fill what was not observed with the last value before it, and leave room for further steps."""
    filled = np.empty(len(values) + further)
    last = 0.0
    for t in range(len(values)):
        if values[t] == values[t]:
            last = values[t]
        filled[t] = last
    return filled


@compiled
def airline_errors(changes: Array, season: int, theta: float, seasonal_theta: float, errors: Array) -> float:
    """Conditional sum of squares of (0,1,1)(0,1,1) over changes differenced at both lags."""
    total = 0.0
    for t in range(len(changes)):
        errors[t] = 0.0
        if changes[t] == changes[t]:
            error = changes[t]
            if t >= 1:
                error += theta * errors[t - 1]
            if t >= season:
                error += seasonal_theta * errors[t - season]
            if t > season:
                error -= theta * seasonal_theta * errors[t - season - 1]
            errors[t] = error
            total += error * error
    return total


@compiled
def forecast_airline(values: Array, season: int, parameters: Array, is_warm: bool, answer: Array) -> bool:
    """The airline model of Box and Jenkins by conditional sum of squares; False where too short."""
    size, horizon = len(values), len(answer)
    if size < 2 * season + 8:
        return False
    count = size - season - 1
    changes, errors = np.empty(count), np.zeros(count)
    for t in range(count):
        changes[t] = values[season + 1 + t] - values[season + t] - values[t + 1] + values[t]
    best = _WORST
    if is_warm:
        best = airline_errors(changes, season, parameters[0], parameters[1], errors)
    else:
        for theta in (0.1, 0.5, 0.85):
            for seasonal_theta in (0.2, 0.6, 0.85):
                total = airline_errors(changes, season, theta, seasonal_theta, errors)
                if total < best:
                    best = total
                    parameters[0], parameters[1] = theta, seasonal_theta
    step = 0.05 if is_warm else 0.12
    for _ in range(3 if is_warm else 6):
        is_better = False
        for move in range(4):
            theta = parameters[0] + ((step, -step, 0.0, 0.0)[move])
            seasonal_theta = parameters[1] + ((0.0, 0.0, step, -step)[move])
            if -0.5 < theta < 0.97 and 0.0 < seasonal_theta < 0.93:
                total = airline_errors(changes, season, theta, seasonal_theta, errors)
                if total < best:
                    best, is_better = total, True
                    parameters[0], parameters[1] = theta, seasonal_theta
        if not is_better:
            step *= 0.5
    theta, seasonal_theta = parameters[0], parameters[1]
    airline_errors(changes, season, theta, seasonal_theta, errors)
    levels = carry_forward(values, horizon)
    for step_ahead in range(horizon):
        t, change = count + step_ahead, 0.0
        if t - 1 < count:
            change -= theta * errors[t - 1]
        if t - season < count:
            change -= seasonal_theta * errors[t - season]
        if t - season - 1 < count:
            change += theta * seasonal_theta * errors[t - season - 1]
        place = size + step_ahead
        levels[place] = levels[place - 1] + levels[place - season] - levels[place - season - 1] + change
        answer[step_ahead] = levels[place]
    return True


@compiled
def seasonal_errors(
    values: Array, pattern: Array, parameters: Array, start: Array, state: Array, phases: Array
) -> float:
    """Sum of squared errors of additive damped Holt and Winters from given initial states."""
    alpha, beta, gamma, phi = parameters[0], parameters[1], parameters[2], 0.97
    season = len(pattern)
    for phase in range(season):
        phases[phase] = pattern[phase]
    level, trend, total = start[0], start[1], 0.0
    place = 0
    for t in range(len(values)):
        expected = level + phi * trend
        trend *= phi
        if values[t] == values[t]:
            error = values[t] - expected - phases[place]
            total += error * error
            expected += alpha * error
            trend += alpha * beta * error
            phases[place] += gamma * error
        level = expected
        place += 1
        if place == season:
            place = 0
    state[0], state[1] = level, trend
    return total


@compiled
def forecast_damped_season(
    values: Array, pattern: Array, parameters: Array, is_warm: bool, answer: Array
) -> bool:
    """Additive damped Holt and Winters; season starts as `pattern`, trend as a line through the start."""
    season, size = len(pattern), len(values)
    count = total = moment = 0.0
    first = min(size, max(10, 2 * season))
    for t in range(first):
        if values[t] == values[t]:
            count += 1
            total += values[t] - pattern[t % season]
            moment += t
    if count < 4:
        return False
    mean, middle = total / count, moment / count
    above = below = 0.0
    for t in range(first):
        if values[t] == values[t]:
            above += (t - middle) * (values[t] - pattern[t % season] - mean)
            below += (t - middle) ** 2
    start, state, phases = np.zeros(2), np.zeros(2), np.empty(season)
    start[1] = above / below
    start[0] = mean - start[1] * (middle + 1)
    best, tried = _WORST, np.empty(3)
    if is_warm:
        best = seasonal_errors(values, pattern, parameters, start, state, phases)
    else:
        for alpha in (0.05, 0.3, 0.7):
            for gamma in (0.02, 0.2):
                for beta in (0.02, 0.15):
                    tried[0], tried[1], tried[2] = alpha, beta, gamma
                    error = seasonal_errors(values, pattern, tried, start, state, phases)
                    if error < best:
                        best = error
                        for place in range(3):
                            parameters[place] = tried[place]
    step = 0.04 if is_warm else 0.12
    for _ in range(3 if is_warm else 7):
        is_better = False
        for move in range(6):
            for place in range(3):
                tried[place] = parameters[place]
            tried[move // 2] += (step if move % 2 == 0 else -step) * (0.5 if move // 2 == 1 else 1.0)
            if 0.001 < tried[0] < 0.99 and 0.0 <= tried[1] < 0.5 and 0.0 <= tried[2] < 0.9:
                error = seasonal_errors(values, pattern, tried, start, state, phases)
                if error < best:
                    best, is_better = error, True
                    for place in range(3):
                        parameters[place] = tried[place]
        if not is_better:
            step *= 0.5
    seasonal_errors(values, pattern, parameters, start, state, phases)
    factor, reach = 0.97, 0.0
    for ahead in range(len(answer)):
        reach += factor
        factor *= 0.97
        answer[ahead] = state[0] + reach * state[1] + phases[(size + ahead) % season]
    return True


@compiled
def season_pattern(values: Array, season: int, is_ratio: bool, pattern: Array) -> bool:
    """Mean ratio or difference to the centred mean of a cycle, by place in the cycle; False where impossible.

    The classical decomposition; place 0 is that of the first value.
    """
    size, half = len(values), season // 2
    if size < 2 * season + 1:
        return False
    sums, counts = np.zeros(size + 1), np.zeros(size + 1)
    for t in range(size):
        is_seen = values[t] == values[t]
        sums[t + 1] = sums[t] + (values[t] if is_seen else 0.0)
        counts[t + 1] = counts[t] + (1.0 if is_seen else 0.0)
    met = np.zeros(season)
    for phase in range(season):
        pattern[phase] = 0.0
    for t in range(half, size - half):
        low, high = t - half, t + half + 1
        total, count = sums[high] - sums[low], counts[high] - counts[low]
        if season % 2 == 0:
            for edge in (low, high - 1):
                if values[edge] == values[edge]:
                    total -= 0.5 * values[edge]
                    count -= 0.5
        if count < 0.7 * season or values[t] != values[t]:
            continue
        trend = total / count
        if is_ratio and trend <= 0:
            return False
        pattern[t % season] += values[t] / trend if is_ratio else values[t] - trend
        met[t % season] += 1
    mean = 0.0
    for phase in range(season):
        if met[phase] == 0:
            return False
        pattern[phase] /= met[phase]
        mean += pattern[phase] / season
    if is_ratio and mean <= 0:
        return False
    lowest = np.inf
    for phase in range(season):
        pattern[phase] = pattern[phase] / mean if is_ratio else pattern[phase] - mean
        lowest = min(lowest, pattern[phase])
    return not is_ratio or lowest > 0.01


@compiled
def forecast_models(
    values: Array, lags: Steps, is_seasonless: bool, parameters: Array, is_warm: bool, answers: Array
) -> None:
    """As many of the models as there are answers; those that smooth only where `is_seasonless`."""
    if is_seasonless:
        for kind in range(len(answers)):
            if kind < 4 or kind == _CES:
                forecast_smoothing(kind, values, parameters[kind], is_warm, answers[kind])
    for difference in range(2):
        orders = lags[: len(lags) - difference]
        forecast_autoregression(values, orders, difference, answers[4 + difference])


@compiled
def forecast_components(
    values: Array,
    season: int,
    second: int,
    recent: int,
    lags: Steps,
    parameters: Array,
    is_warm: bool,
    answers: Array,
) -> None:
    """Write the forecast of every component without season of its own into `answers`, full of NaN.

    Patterns of the season come from the whole history, parameters from the last `recent` values.

    Args:
        season: steps of the season, 1 for none; `second`: of a longer one, 1 for none.
        lags: of the autoregressions, the most telling first.
        parameters: components x 3, kept from fit to fit; read where `is_warm`.
        answers: components x horizon.
    """
    size, horizon = len(values), answers.shape[1]
    first = max(0, size - recent)
    is_positive, offset = is_above_zero(values), log_offset(values)
    pattern, rest = np.empty(max(season, second)), np.empty(size - first)
    for transform in range(6):
        length = 1 if transform < 2 else (season if transform < 4 else second)
        is_relative = transform % 2 == (1 if transform < 2 else 0)
        if transform == 1 and offset < 0:
            continue
        if transform >= 2 and (length == 1 or (is_relative and not is_positive)):
            continue
        if length > 1 and not season_pattern(values, length, is_relative, pattern):
            continue
        for t in range(first, size):
            value = values[t]
            if length > 1:
                place = pattern[t % length]
                value = value / place if is_relative else value - place
            elif is_relative:
                value = np.log(value + offset)
            rest[t - first] = value
        is_seasonless = length > 1 or season == 1 or season > _LONG_SEASON
        start = _COMMON * transform + min(transform, _PLAIN)
        end = start + _COMMON + (transform < _PLAIN)
        part, kept = answers[start:end], parameters[start:end]
        forecast_models(rest, lags, is_seasonless, kept, is_warm, part)
        for ahead in range(horizon):
            for model in range(end - start):
                if length > 1:
                    place = pattern[(size + ahead) % length]
                    part[model, ahead] = (
                        part[model, ahead] * place if is_relative else part[model, ahead] + place
                    )
                elif is_relative:
                    part[model, ahead] = np.exp(part[model, ahead]) - offset


@compiled
def log_offset(values: Array) -> float:
    """What is added before a logarithm: nothing far from zero, half of the mean near it; -1: impossible.

    Near zero changes are then linear, so that zeros stay finite.
    """
    lowest, total, count = np.inf, 0.0, 0.0
    for t in range(len(values)):
        if values[t] == values[t]:
            lowest = min(lowest, values[t])
            total += values[t]
            count += 1
    if lowest < 0:
        return -1.0
    return 0.0 if lowest > _NEAR_ZERO * total / count else 0.5 * total / count


@compiled
def is_above_zero(values: Array) -> bool:
    """Whether all observed values are positive, so that ratios and logarithms exist."""
    for t in range(len(values)):
        if values[t] <= 0:
            return False
    return True


@compiled
def forecast_seasonal(
    values: Array,
    season: int,
    recent: int,
    lags: Steps,
    seasonal_lags: Steps,
    longest: int,
    parameters: Array,
    is_warm: bool,
    answers: Array,
) -> None:
    """The components with a season of their own, on the values and on their logarithms."""
    size, horizon = len(values), answers.shape[1]
    first = max(0, size - max(recent, 6 * season))
    first -= first % season
    offset = log_offset(values)
    pattern, part = np.empty(season), np.empty(size)
    for t in range(size):
        part[t] = values[t]
    for scale in range(2):
        if scale == 1:
            if offset < 0:
                break
            for t in range(size):
                part[t] = np.log(values[t] + offset)
        for kind in range(2):
            if size > 2 * season + 10:
                forecast_autoregression(
                    part, seasonal_lags if kind == 0 else lags, kind * season, answers[2 * kind + scale]
                )
        forecast_airline(part[first:], season, parameters[4 + scale], is_warm, answers[4 + scale])
        if season_pattern(part, season, False, pattern):
            forecast_damped_season(part[first:], pattern, parameters[6 + scale], is_warm, answers[6 + scale])
        if scale == 1:
            for row in range(1, 8, 2):
                for ahead in range(horizon):
                    answers[row, ahead] = np.exp(answers[row, ahead]) - offset
    for ahead in range(horizon):
        if size >= longest:
            answers[8, ahead] = values[size - longest + ahead % longest]
        count = total = 0.0
        for cycle in range(1, 5):
            place = size - cycle * season + ahead % season
            if place >= 0 and values[place] == values[place]:
                total += values[place]
                count += 1
        if size >= 3 * season and count > 0:
            answers[9, ahead] = total / count


@compiled
def middle_error(errors: Array, origin: int, is_possible: Marks) -> float:
    """Error of the component in the middle; 1 where there is none to divide by."""
    components, place = errors.shape[1], 0
    for j in range(components):
        place += is_possible[j]
    place //= 2
    for j in range(components):
        lower = equal = 0
        for other in range(components):
            lower += errors[origin, other] < errors[origin, j]
            equal += errors[origin, other] == errors[origin, j]
        if lower <= place < lower + equal and 0 < errors[origin, j] < _WORST:
            return float(errors[origin, j])
    return 1.0


@compiled
def weigh(errors: Array, is_possible: Marks, size: int, rules: Array, weights: Array) -> None:
    """Weigh components by their errors at the origins; an origin counts as much as any other.

    Args:
        errors: origins x components, NaN where a component was impossible.
        size: observations of the series.
        rules: power of the inverse error, how much worse than the best a component may be, share of equal
            weights for a series without history, and observations over which both settle.
    """
    power, worst, share, settle = rules[0], rules[1], rules[2], rules[3]
    origins, components = errors.shape
    for j in range(components):
        weights[j] = 0.0
    relative = np.zeros(components)
    for origin in range(origins):
        middle = middle_error(errors, origin, is_possible)
        for j in range(components):
            relative[j] += errors[origin, j] / middle
    best = _WORST
    for j in range(components):
        if is_possible[j] and relative[j] < best:
            best = relative[j]
    total = equal = 0.0
    kept = 1.0 - np.exp(-size / settle)
    for j in range(components):
        if is_possible[j] and (best >= _WORST or relative[j] <= worst * best):
            equal += 1.0
            if best < _WORST and best > 0:
                weights[j] = (relative[j] / best) ** (-power * kept)
            else:
                weights[j] = 1.0
            total += weights[j]
    if total == 0:
        return
    mixed = share * np.exp(-size / settle)
    for j in range(components):
        if weights[j] > 0:
            weights[j] = (1.0 - mixed) * weights[j] / total + mixed / equal


@compiled
def combine(answers: Array, weights: Array, mean: Array) -> None:
    """Write the weighted mean of the components' forecasts."""
    for ahead in range(len(mean)):
        mean[ahead] = 0.0
    for j in range(len(weights)):
        if weights[j] > 0:
            for ahead in range(len(mean)):
                mean[ahead] += weights[j] * answers[j, ahead]


@compiled
def are_possible(answers: Array, highest: float) -> Marks:
    """Mark components whose forecast is finite and not beyond twenty times what was ever seen."""
    marks = np.empty(answers.shape[0], dtype=np.bool_)
    for j in range(answers.shape[0]):
        marks[j] = True
        for ahead in range(answers.shape[1]):
            if not (abs(answers[j, ahead]) <= 20.0 * highest):
                marks[j] = False
    return marks


@compiled
def judge_origins(
    values: Array,
    cuts: Steps,
    past: Array,
    is_possible: Marks,
    highest: float,
    rules: Array,
    errors: Array,
    residuals: Array,
) -> None:
    """Errors of components at the origins, and residuals of their mean.

    Each window's residuals come from weights that the other windows gave: none judges itself.

    Args:
        past: origins x components x window, what each component forecast at the origin.
        errors: origins x components; receives mean absolute errors.
        residuals: origins x window; receives observed minus forecast.
    """
    origins, components, window = past.shape
    for origin in range(origins):
        for j in range(components):
            total = seen = 0.0
            for ahead in range(window):
                value = values[cuts[origin] + ahead]
                if value == value:
                    total += abs(value - past[origin, j, ahead])
                    seen += 1
            errors[origin, j] = total / seen if seen > 0 else np.nan
    forecast, weights = np.empty(window), np.empty(components)
    others = np.empty((origins - 1, components))
    for origin in range(origins):
        is_usable = are_possible(past[origin], highest)
        place = 0
        for j in range(components):
            is_usable[j] = is_usable[j] and is_possible[j]
        for other in range(origins):
            if other != origin:
                for j in range(components):
                    others[place, j] = errors[other, j]
                place += 1
        weigh(others, is_usable, len(values), rules, weights)
        combine(past[origin], weights, forecast)
        for ahead in range(window):
            residuals[origin, ahead] = values[cuts[origin] + ahead] - forecast[ahead]


@compiled
def likeliest_scale(
    observed: Array,
    forecast: Array,
    offsets: Array,
    growths: Array,
    shrunk: Array,
    prior: Array,
    chosen: Array,
) -> None:
    """Find offset, growth and scale of errors of log(y + offset) that grow as step ** growth.

    Args:
        observed: windows x steps, NaN where not observed; `forecast` alike.
        shrunk: growths x steps, step ** (-2 growth).
        prior: minus log of the prior of each growth.
        chosen: receives the places of offset and growth, and the scale.
    """
    windows, steps = observed.shape
    least, distance = np.inf, 0.0
    for step in range(steps):
        distance += np.log(step + 1.0) / steps
    for place in range(len(offsets)):
        squares, density, seen = np.zeros(len(growths)), 0.0, 0.0
        for window in range(windows):
            for step in range(steps):
                value = observed[window, step]
                if value == value:
                    level = np.log(value + offsets[place])
                    error = level - np.log(forecast[window, step] + offsets[place])
                    density += level
                    seen += 1
                    for growth in range(len(growths)):
                        squares[growth] += error * error * shrunk[growth, step]
        for growth in range(len(growths)):
            square = squares[growth] / seen + 1e-300
            misfit = 2.0 * windows * (growths[growth] * distance + 0.5 * np.log(square) + density / seen)
            misfit += prior[growth]
            if misfit < least:
                least = misfit
                chosen[0], chosen[1], chosen[2] = place, growth, np.sqrt(square)
