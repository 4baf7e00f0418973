"""One module for each recipe, with `Parameters` and `train`; it is imported only when a job names it."""
