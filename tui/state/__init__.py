"""Events folded into what is known of a run; no Textual."""
