"""What `doctor` makes of a project on this machine and in its repository. Pure."""
