"""Listings of goods, auctions and orders; pure. Filled by a later order."""
