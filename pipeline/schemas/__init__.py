"""Columns, tables and event types, each declared once; everything else is derived from here."""
