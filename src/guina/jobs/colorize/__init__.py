"""colorize: a folder of colour pictures to a network that gives grey ones their colours."""
