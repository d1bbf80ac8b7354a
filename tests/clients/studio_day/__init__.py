"""The sections of the gazu day, and what they share."""
