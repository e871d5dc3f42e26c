package texts

// Category returns the plural category of a number in a language.
func Category(lang string, n int64) string { return category(lang, n) }
