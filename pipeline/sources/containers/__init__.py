"""How records are packed: JSON in all its shapes, and what is cut out of it."""
