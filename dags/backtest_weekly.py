"""Measure what production would have said, week by week.

Runs on Mondays at 06:00 UTC, as of midnight; the partition key is that Monday. Forecasts are made anew from
rolling origins, each from what was known at its origin, and compared with what came later: pinball loss,
coverage, bias, MASE and WAPE beside the seasonal naive forecast, in `accuracy.csv`. Where the naive would
have done better stands in `scorecard.csv`.
"""

from airflow.sdk import dag, task

from pipeline.orchestration.defaults import DAG_DEFAULTS
from pipeline.orchestration.partitions import last_week_end, weekly
from pipeline.runs import backtesting


@dag(schedule=weekly(), doc_md=__doc__, tags=["forecast"], **DAG_DEFAULTS)
def backtest_weekly():
    @task
    def backtest(dag_run=None):
        return backtesting.backtest(last_week_end(dag_run))

    backtest()


backtest_weekly()
