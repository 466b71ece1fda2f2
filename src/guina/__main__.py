"""`python -m guina` is the same command."""

from guina.cli import main

if __name__ == "__main__":
    main()
