"""Answers: what the half of a job that answers gives, how it is loaded, and what becomes of an answer."""
