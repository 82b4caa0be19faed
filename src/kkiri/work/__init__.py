"""Jobs, work units and quorums; pure. Filled by a later order."""
