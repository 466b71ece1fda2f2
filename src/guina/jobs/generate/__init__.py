"""generate: a folder of pictures to a network that makes more of them."""
