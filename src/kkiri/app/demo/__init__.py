"""`kkiri demo`: five peers on this machine do what people do, through the command line only."""
