"""What is sold: products, price books, rates of exchange, and how much may be given off."""
