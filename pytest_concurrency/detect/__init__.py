"""From what an execution did to what is wrong with it."""
