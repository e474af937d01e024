"""What every other part may use: errors, clock, ids, progress, crash points.

Knows nothing of events, tables or storage.
"""
