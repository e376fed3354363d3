"""Two contacts that are one person: found, compared, merged, and parted again."""
