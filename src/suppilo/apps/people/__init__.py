"""One person across devices and sources, and the companies they belong to."""
