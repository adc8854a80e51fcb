"""What a test does without concurrency: whatever fails there already is no hazard."""
