"""Training, calibrating and evaluating the judge."""
