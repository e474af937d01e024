"""The Airflow side: DAG defaults, partitions, approval, the local Airflow home and its processes.

Nothing is imported here: `home` has to set the environment before the first import of Airflow.
"""
