"""The job inpaint: holes of pictures, filled."""
