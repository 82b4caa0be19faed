"""The signed record: its form, kinds, filters, wire messages, signature."""
