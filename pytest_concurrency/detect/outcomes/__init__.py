"""What executions come to, and what the workers come to one after another."""
