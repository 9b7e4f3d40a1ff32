"""Stock with thresholds: the staff is told once when an item runs low."""
