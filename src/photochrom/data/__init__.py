"""Sources of photographs for training, and how crops are drawn from them."""
