"""The job caption: pictures to sentences."""
