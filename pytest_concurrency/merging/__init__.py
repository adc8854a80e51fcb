"""One report of several: what the shares of a search that several machines did add up to."""
