"""The command line: one thin file a command, one place which turns errors into exit codes."""
