package texts

// Connect are the texts of the page that asks for an account.
type Connect struct {
	States   map[string]State
	May      map[string]string // by scope: what is asked for
	Problems map[string]string // by connect.Problem
	Start    string
	Continue string
}

// Dashboard are the texts of the page of a connected account.
type Dashboard struct {
	DashboardScript

	Title   string
	SignOut string
	// Tabs maps a component to the name of its tab.
	Tabs map[string]string

	ClosedTitle string
	SignedOut   string
	OpenAgain   string
}

// DashboardScript are those of the dashboard that its script shows.
type DashboardScript struct {
	Loading    string `json:"loading"`
	Failed     string `json:"failed"`
	Connection string `json:"connection"`
	Closed     string `json:"closed"`
	Retry      string `json:"retry"`
}

// Mirror are those of the page about the copy of an account's payments.
type Mirror struct {
	Link    string // to the page
	Back    string // to the dashboard
	States  map[string]State
	BackTo  string
	Objects string
	Left    string
	Next    string
	// Percent, Minutes and Hours have {n}.
	Percent, Soon, Minutes, Hours string
}
