"""What `benchmarks/landing.py` measures: inputs, jobs in processes of their own, figures and their limits."""
