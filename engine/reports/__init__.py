"""What leaves the house: text, Markdown, HTML, tables."""
