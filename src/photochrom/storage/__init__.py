"""Where photographs are kept: what addresses, file systems and shards have in common, for those who read them."""
