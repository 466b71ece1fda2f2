"""write: a language model of a text, which continues any prompt."""
