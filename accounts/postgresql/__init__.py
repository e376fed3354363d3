"""Django's PostgreSQL backend with a cheaper health check (`DATABASES["default"]["ENGINE"]`)."""
