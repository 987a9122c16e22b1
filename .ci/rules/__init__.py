"""The rules of `.ci/tidy`, a file for each kind. A rule is a function that yields one line for each fault it finds."""
