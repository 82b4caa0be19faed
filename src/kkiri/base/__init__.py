"""What every room shares: types, errors, limits, names. Imports nothing of ours."""
