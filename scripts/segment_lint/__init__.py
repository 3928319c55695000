"""What can be proven of segments without looking at data, for scripts/lint_segments.py."""
