"""What is replaced while exploring."""
