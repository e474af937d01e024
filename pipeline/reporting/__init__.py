"""What people read: CSV reports with a Data Package, answers on a terminal, the data dictionary."""

from pipeline.reporting.backtest_text import backtest_text
from pipeline.reporting.csv_text import report_csv
from pipeline.reporting.dictionary import data_dictionary
from pipeline.reporting.explanation import explanation_text
from pipeline.reporting.publication import write_reports
from pipeline.reporting.sample_paths import write_sample_paths
from pipeline.reporting.terminal import plain_text, render_table

__all__ = [
    "backtest_text",
    "data_dictionary",
    "explanation_text",
    "plain_text",
    "render_table",
    "report_csv",
    "write_reports",
    "write_sample_paths",
]
