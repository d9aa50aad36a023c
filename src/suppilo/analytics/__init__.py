"""Pure calculations: arrays and values in, frozen results out."""
