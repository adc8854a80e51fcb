"""Why an execution fails: which conflict it is that a failure needs."""
