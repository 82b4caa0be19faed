"""One async function for each thing a person or the peer does."""
