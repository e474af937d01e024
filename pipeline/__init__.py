"""Event-sourced demand forecasting and allocation of accelerator chips between the cloud and direct sales."""

import os

# Before numpy loads: matrices here are small, and threads waiting for each other cost several times the work.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

__version__ = "0.1.0"
