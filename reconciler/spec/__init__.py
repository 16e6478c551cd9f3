"""Specs: YAML text in, a desired book out. Import the modules; this one loads nothing.

`load` reads a project from a folder, `expand` applies a venue's grid, `source`, `schema` and
`compile` are the steps between.
"""
