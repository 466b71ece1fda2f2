"""classify: which class a picture belongs to."""
