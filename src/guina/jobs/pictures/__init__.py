"""What the jobs on pictures share."""
