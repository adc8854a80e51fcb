"""What instrumented code meets while it runs."""
