"""Posts: drafted, shown, confirmed, published, changed."""
