"""What lies outside the memory of a process: what is touched there, and who asks before it is."""
