"""Rules for text that both stand-ins use: sentences, headings, broken words, stop words."""
