"""Records turned into lines of painted text: pure functions, no Textual."""
