"""`kill -9` at random while people share, publish and fetch: nothing acknowledged may be lost."""
