"""translate: pairs of sentences to a translator."""
