"""One pytest item: run again, set aside, with fixtures of its own."""
