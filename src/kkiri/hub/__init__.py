"""What a hub and the choice of hubs mean; pure."""
