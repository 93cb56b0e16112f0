"""Time: working hours, holidays, promises, the rota, and words that say when."""
