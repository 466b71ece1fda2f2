"""transcribe: recordings to text."""
