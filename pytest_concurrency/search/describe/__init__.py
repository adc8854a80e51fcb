"""From a suspect to a hazard: which conflict it is, in words, with its timeline."""
