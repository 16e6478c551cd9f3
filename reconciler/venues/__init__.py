"""Adapters of venues; each speaks its venue's dialect and shows `reconciler.ports.Venue`."""
