"""The inspector in web browsers: an app process for each of them, and one engine for all."""
