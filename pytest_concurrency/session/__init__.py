"""The plugin while stress is on: one session, from its options to its exit status."""
