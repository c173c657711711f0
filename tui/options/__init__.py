"""What is typed: command-line options and the config file, and the settings they make."""
