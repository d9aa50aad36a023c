"""Formats of dates by language, where Django's own could be misread."""
