"""What the source says: names, values, and where they flow."""
