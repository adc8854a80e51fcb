"""From source to instrumented code, and back."""
