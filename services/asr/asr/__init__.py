"""A speech recogniser that keeps what it accepted: submit, work, call back."""
