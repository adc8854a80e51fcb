"""Where threads stand, and what their locks are called."""
