"""The values the program thinks in: no clock, no disk, no network."""
