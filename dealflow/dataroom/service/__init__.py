"""Use cases of data rooms, a file per subject. The only way to write them."""
