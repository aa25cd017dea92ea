"""The clauses themselves, by subject. Each module offers `CLAUSES`."""
