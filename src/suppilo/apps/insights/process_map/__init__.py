"""Process maps: of the events of people, companies and deals, and of a pipeline's stages."""
