"""What is wrong with a venue entry, judged from facts; `examining` gathers them. Pure."""
