package texts

// Find are the texts of the page that finds an order by its number.
type Find struct {
	Title     string
	Intro     string
	Number    string
	Show      string
	LinkEnded string
}
