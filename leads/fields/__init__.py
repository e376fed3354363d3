"""The fields a workspace defines for itself."""
