"""What is behind a forecast, on one screen, in words that a planner can use."""

from math import expm1, log
from typing import Any

import polars as pl

from pipeline.core.wording import counted
from pipeline.reporting.terminal import plain_text, render_table

Facts = dict[str, Any]
_SHOWN = 8
_INDENT = f"\n{'':9}"
_WIDTH = 200  # nothing is left out: there is no other form to see it in
_QUANTILES = ("p10", "p50", "p90")
_SMALL, _LARGE = 0.3, 3.0
_NONE = 0.1
_WALK = 0.5
_UNLIKELY, _TINY = 0.05, 0.001
_TESTS = (
    ("ljung_box", "Ljung-Box (lag 10)", "no error tells of the next", "errors tell of the next ones"),
    ("jarque_bera", "Jarque-Bera", "as normal errors are", "errors are not normal"),
    ("heteroskedasticity", "heteroskedasticity", "errors keep their size", "errors changed in size"),
)
_REASONS = {
    "no_observations": "no week of it is known: forecast as zero",
    "all_zero": "every week known is zero: forecast as zero",
    "ended": "no demand for longer than the policy's ended_weeks: listed as ended, forecast as zero",
    "constant": "every week known is the same: forecast as that",
    "too_short": "fewer weeks than the policy's min_weeks, too few to fit a model",
    "fit_failed": "the models gave no finite answer: the last season is repeated",
}
_FALLBACKS = {
    "last_value": "the last value goes on, with changes as large as those seen",
    "past_values": "past weeks are drawn again",
}


def explanation_text(facts: Facts) -> str:
    """Write what `explain` found for a terminal."""
    parts = [_head(facts), _forecast(facts)]
    if facts["ensemble"]:
        parts.append(_ensemble(facts["ensemble"], facts["forecast"]))
    if facts["intermittent"]:
        parts.append(_intermittent(facts["intermittent"]))
    if facts["record"]:
        parts.append(_record(facts["record"]))
    elif facts["ensemble"]:
        parts.append("The model of record could not be fitted to this series.\n")
    return "\n".join(parts)


def _head(facts: Facts) -> str:
    gaps = [
        f"{counted(facts[name], 'week')} {what}"
        for name, what in (
            ("zero_gap_weeks", "without a row, read as zero"),
            ("unknown_weeks", "not known: partial, or not reported yet"),
        )
        if facts[name]
    ]
    model = f"ensemble, most of it {facts['model']}" if facts["ensemble"] else facts["model"]
    observed = f"{facts['first_week']} to {facts['last_week']}; {'; '.join(gaps) or 'no gaps'}"
    lines = [
        f"{plain_text(facts['series'])}, {facts['unit'].replace('_', ' ')}",
        f"run      {facts['run_id']}, as of {facts['as_of']}, log position {facts['log_position']:,}",
        f"history  {counted(facts['observations'], 'week')} observed, {observed}",
        f"model    {plain_text(model)}",
    ]
    if reason := facts["reason"]:
        said = [_REASONS.get(reason, ""), _FALLBACKS.get(facts["model"], "")]
        lines.append(f"fallback {reason}: {_INDENT.join(part for part in said if part)}")
    if reconciled := facts["reconciliation"]:
        lines.append(f"levels   {_reconciled(reconciled)}")
    again = facts["again"]
    if not again["is_same"]:
        lines.append(
            f"note     this code forecasts the series otherwise than the run did: by {again['model']}, up to "
            f"{again['largest_relative_difference']:.1%} off; all below the table is of this code"
        )
    return "".join(f"{line}\n" for line in lines)


def _reconciled(reconciled: Facts) -> str:
    method, error = reconciled["method"], reconciled["relative_error"]
    if error is None:
        return f"brought into agreement by {method}: no earlier origin to judge others at"
    origins = counted(reconciled["origins"], "earlier origin")
    return (
        f"brought into agreement by {method}: at {origins} its errors were {error:.2f} times those of "
        f"sums of series{_INDENT}('alone' is the mean before)"
    )


def _forecast(facts: Facts) -> str:
    frame = pl.DataFrame(facts["forecast"]).select(
        pl.col("period_start").alias("week"),
        pl.col("step").alias("ahead"),
        pl.col("base_mean").cast(pl.Float64).alias("alone"),
        "mean",
        *_QUANTILES,
    )
    if facts["record_forecast"]:
        beside = pl.DataFrame(facts["record_forecast"]).select(
            pl.col("step").alias("ahead"), *(pl.col(name).alias(f"ets_{name}") for name in _QUANTILES)
        )
        frame = frame.join(beside, on="ahead", how="left")
    return render_table(frame, csv=False, width=_WIDTH)


def _ensemble(ensemble: Facts, forecast: list[Facts]) -> str:
    components, origins = ensemble["components"], ensemble["origins"]
    shown = pl.DataFrame(components[:_SHOWN]).select(
        pl.col("name").alias("component"),
        (100 * pl.col("weight")).alias("weight_percent"),
        pl.col("mean_absolute_error").alias("error_chips"),
        pl.col("relative_error").alias("error_to_best"),
    )
    lines = []
    if rest := components[_SHOWN:]:
        share = 100 * sum(component["weight"] for component in rest)
        lines.append(f"and {len(rest)} more with {share:.0f} % of the weight")
    if origins:
        weeks = counted(ensemble["window_weeks"], "week")
        between = " to ".join(dict.fromkeys((origins[-1], origins[0])))
        lines.append(f"judged over {weeks} from {counted(len(origins), 'past origin')}: {between}")
    else:
        lines.append("the history is too short to judge any of them at a past origin: weights are equal")
    table = f"{counted(len(components), 'component')} of {ensemble['candidates']} with weight:\n"
    table += render_table(shown, csv=False, width=_WIDTH)
    return table + "".join(f"{line}\n" for line in (*lines, *_errors(ensemble, forecast)))


def _errors(ensemble: Facts, forecast: list[Facts]) -> list[str]:
    """Say scale, offset, growth and correlation in words."""
    errors = ensemble["errors"]
    offset, scale, growth, correlation = (
        errors[name] for name in ("offset", "scale", "growth", "correlation")
    )
    near = forecast[0]["p50"] if forecast else 0.0
    share = offset / near if near > 0 else _LARGE + 1
    if share <= _SMALL:
        kind = "in proportion to demand"
    elif share <= _LARGE:
        kind = f"in proportion to demand + {offset:,.0f} chips"
    else:
        kind = "of about as many chips whatever the demand"
    size = expm1(min(scale, 1.0))
    usual = f"{size * (max(near, 0.0) + offset):,.1f} chips at {near:,.0f}"
    grown = f"(growth {growth:.2f}): {ensemble['quarter_growth']:.1f} times as large a quarter ahead"
    lines = [
        f"errors   {kind}; a week ahead about {usual}",
        f"         {_growth(growth)} {grown}",
        f"         {_correlation(correlation)} (correlation {correlation:.2f})",
    ]
    told = (
        f"measured up to {counted(errors['reach'], 'week')} ahead; beyond, they grow in proportion"
        if errors["windows"]
        else "no past forecast tells: usual growth and correlation, size by past changes"
    )
    return [*lines, f"         scale {scale:.3g} of log(demand + {offset:,.1f} chips), {told}"]


def _growth(growth: float) -> str:
    if growth <= _NONE:
        return "nearly as large further ahead"
    if growth < _WALK - _NONE:
        return "growing more slowly than a random walk's"
    return f"growing {'as' if growth <= _WALK + _NONE else 'faster than'} a random walk's"


def _correlation(correlation: float) -> str:
    if correlation <= _NONE:
        return "a miss in one week says nothing of the next"
    weeks = log(0.5) / log(correlation)
    return f"a miss lasts: half of it is left after {counted(max(1, round(weeks)), 'week')}"


def _intermittent(facts: Facts) -> str:
    met = f"demand in {facts['weeks_with_demand']} of the {facts['weeks']} weeks drawn again"
    return (
        f"level    {facts['level']:,.1f} chips a week, smoothed; {facts['late_mean']:,.1f} on average, late "
        f"weeks counting more;\n         {met}, one in {facts['mean_interval_weeks']:.1f}\n"
        f"ratios   of a week to the level of its time: mean 1, standard deviation "
        f"{facts['ratio_variation']:.2f}, largest {facts['largest_ratio']:.1f};\n"
        "         each future week is a past one drawn again, late ones more often: as it was, or as the\n"
        "         level x its ratio\n"
    )


def _record(record: Facts) -> str:
    works_on = (
        f"log(demand + {record['log_offset']:,.1f} chips)"
        if record["log_offset"] is not None
        else f"demand / {record['unit']:,.1f} chips"
    )
    bridged = f", {record['interpolated_weeks']} of them interpolated" if record["interpolated_weeks"] else ""
    states = record["initial_states"]
    season = [value for name, value in states.items() if ".".join(name.split(".")[:-1]) == "initial_seasonal"]
    single = {name: value for name, value in states.items() if "." not in name}
    shown = ", ".join(f"{name.removeprefix('initial_')} {value:.4g}" for name, value in single.items())
    if season:
        shown += f", season of {len(season)} weeks from {min(season):.3g} to {max(season):.3g}"
    parameters = ", ".join(f"{name} {value:.4g}" for name, value in record["parameters"].items())
    aicc = "-" if record["aicc"] is None else f"{record['aicc']:.2f}"
    fit = f"log-likelihood {record['log_likelihood']:.2f}, AICc {aicc}"
    lines = [
        f"model of record: statsmodels {record['model']} on {works_on}, {record['weeks']} weeks{bridged}",
        f"parameters  {parameters}",
        f"initial     {shown}",
        f"fit         {fit}, residual standard deviation {record['residual_deviation']:.4g}",
        *(
            f"{title:<12}{_verdict(name, record[key], likely, unlikely)}"
            for title, (key, name, likely, unlikely) in zip(("residuals", "", ""), _TESTS, strict=True)
        ),
    ]
    return "".join(f"{line}\n" for line in lines)


def _verdict(name: str, verdict: Facts, likely: str, unlikely: str) -> str:
    if verdict["p"] is None:
        return f"{name} cannot be computed: too few weeks, or no errors"
    p = "p < 0.001" if verdict["p"] < _TINY else f"p {verdict['p']:.3f}"
    return f"{name} {verdict['statistic']:.2f}, {p}: {unlikely if verdict['p'] < _UNLIKELY else likely}"
