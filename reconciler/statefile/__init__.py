"""Where a state is kept: its form on disk, and one backend a file."""
