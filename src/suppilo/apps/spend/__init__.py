"""What advertising cost and showed: files of daily figures, and what channels bring for it."""
