"""Deciding the difference: desired, recorded and observed values in, actions with reasons out."""
