"""One function a DAG task: the only place where stages meet storage. Arguments and results fit into JSON."""
