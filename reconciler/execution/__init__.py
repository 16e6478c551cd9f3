"""Acting at one venue entry: look, send once, read back, close what has no answer."""
