"""What people see of a run: the live view, plain lines, the diff, the summary."""
