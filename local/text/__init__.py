"""What both stand-ins know about text: sentences, headings, broken words, words without meaning."""
