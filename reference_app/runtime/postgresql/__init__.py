"""The database backend for PostgreSQL; Django requires a package with a module ``base``."""
