"""Whether an interleaving can happen where there is a global interpreter lock."""
