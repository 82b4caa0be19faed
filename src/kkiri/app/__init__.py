"""How it runs: configuration, composition root, processes."""
