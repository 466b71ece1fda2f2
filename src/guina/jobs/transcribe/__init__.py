"""transcribe: recordings and their transcripts to a recogniser of speech."""
