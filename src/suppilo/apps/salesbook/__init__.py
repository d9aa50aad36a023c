"""The sales book: for each stage what to say, to ask and to answer, and what it was good for."""
