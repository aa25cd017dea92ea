"""Use cases of accounts, a file each."""
