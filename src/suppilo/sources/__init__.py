"""Where events come from, behind one interface: files, frames, lakes."""
