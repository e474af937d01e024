"""What every other part may use: errors, clock, ids, progress. Knows nothing of events, tables or storage."""
