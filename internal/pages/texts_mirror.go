package pages

// mirrorTexts are those of the page about the copy of an account's payments.
type mirrorTexts struct {
	Link    string // to the page
	Back    string // to the dashboard
	States  map[string]stateTexts
	BackTo  string
	Objects string
	Left    string
	Next    string
	// Percent, Minutes and Hours have {n}.
	Percent, Soon, Minutes, Hours string
}

var mirrorEnglish = mirrorTexts{
	Link: "How far we have read your payments",
	Back: "Your payments",
	States: map[string]stateTexts{
		"none":        {"Your payments are not being read", "We do not copy them from Stripe."},
		"waiting":     {"Your payments will be read", "This begins in a moment."},
		"backfilling": {"Your payments are being read", "The newest come first. You can close this page: reading goes on."},
		"current":     {"Your payments are up to date", "All of them have been read, and new ones arrive by themselves."},
		"checking":    {"Your payments are up to date", "What has changed is being read again."},
	},
	BackTo:  "Read back to",
	Objects: "Read so far",
	Left:    "Time left",
	Next:    "Next check",
	Percent: "{n}%",
	Soon:    "less than a minute",
	Minutes: "about {n} min",
	Hours:   "about {n} h",
}

var mirrorFrench = mirrorTexts{
	Link: "Où en est la lecture de vos paiements",
	Back: "Vos paiements",
	States: map[string]stateTexts{
		"none":    {"Vos paiements ne sont pas lus", "Nous ne les copions pas depuis Stripe."},
		"waiting": {"Vos paiements vont être lus", "Cela commence dans un instant."},
		"backfilling": {
			"Vos paiements sont en cours de lecture",
			"Les plus récents d’abord. Vous pouvez fermer cette page : cela continue.",
		},
		"current":  {"Vos paiements sont à jour", "Tous sont lus, et les nouveaux arrivent d’eux-mêmes."},
		"checking": {"Vos paiements sont à jour", "Ce qui a changé est en cours de relecture."},
	},
	BackTo:  "Lus jusqu’au",
	Objects: "Lus jusqu’ici",
	Left:    "Temps restant",
	Next:    "Prochaine vérification",
	Percent: "{n} %",
	Soon:    "moins d’une minute",
	Minutes: "environ {n} min",
	Hours:   "environ {n} h",
}
