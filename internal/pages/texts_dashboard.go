package pages

// dashboardTexts are the texts of the page of a connected account. Fields with
// a JSON name are for its script.
type dashboardTexts struct {
	Title   string `json:"-"`
	SignOut string `json:"-"`
	// Tabs maps a component to the name of its tab.
	Tabs map[string]string `json:"-"`

	ClosedTitle string `json:"-"`
	SignedOut   string `json:"-"`
	OpenAgain   string `json:"-"`

	Loading    string `json:"loading"`
	Failed     string `json:"failed"`
	Connection string `json:"connection"`
	Closed     string `json:"closed"`
	Retry      string `json:"retry"`
}

var dashboardEnglish = dashboardTexts{
	Title:   "Your payments",
	SignOut: "Sign out",
	Tabs: map[string]string{
		"payments":           "Payments",
		"payouts":            "Payouts",
		"payouts_list":       "All payouts",
		"balances":           "Balance",
		"documents":          "Documents",
		"account_onboarding": "Set-up",
		"account_management": "Account",
	},
	ClosedTitle: "This page is closed",
	SignedOut:   "You are signed out",
	OpenAgain:   "Open the page again from the site that brought you here.",

	Loading:    "Loading…",
	Failed:     "This part could not be loaded. Please try again in a moment.",
	Connection: "Stripe cannot be reached. Check your connection and try again.",
	Closed:     "Your session has ended. Open this page again from the site that brought you here.",
	Retry:      "Try again",
}

var dashboardFrench = dashboardTexts{
	Title:   "Vos paiements",
	SignOut: "Se déconnecter",
	Tabs: map[string]string{
		"payments":           "Paiements",
		"payouts":            "Virements",
		"payouts_list":       "Tous les virements",
		"balances":           "Solde",
		"documents":          "Documents",
		"account_onboarding": "Configuration",
		"account_management": "Compte",
	},
	ClosedTitle: "Cette page est fermée",
	SignedOut:   "Vous êtes déconnecté",
	OpenAgain:   "Rouvrez la page depuis le site qui vous a amené ici.",

	Loading:    "Chargement…",
	Failed:     "Cette partie n’a pas pu être chargée. Veuillez réessayer dans un instant.",
	Connection: "Stripe est injoignable. Vérifiez votre connexion et réessayez.",
	Closed:     "Votre session est terminée. Rouvrez cette page depuis le site qui vous a amené ici.",
	Retry:      "Réessayer",
}
