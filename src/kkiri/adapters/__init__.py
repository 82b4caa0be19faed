"""The only code that touches a library or the machine."""
