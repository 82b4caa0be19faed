"""Words to tokens, queries, ranking, clustering; pure."""
