"""Event-sourced demand forecasting and allocation of accelerator chips between the cloud and direct sales."""

__version__ = "0.1.0"
