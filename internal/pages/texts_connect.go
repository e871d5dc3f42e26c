package pages

// connectTexts are the texts of the page that asks for an account.
type connectTexts struct {
	States   map[string]stateTexts
	May      map[string]string // by scope: what is asked for
	Problems map[string]string // by connect.Problem
	Start    string
	Continue string
}

func englishConnect() connectTexts {
	return connectTexts{
		States: map[string]stateTexts{
			"open": {
				"Connect your Stripe account",
				"{brand} asks for access to your Stripe account. You sign in at Stripe, and decide there. You can end " +
					"the access at any time in your Stripe Dashboard.",
			},
			"checking": {"One moment", "We are waiting for Stripe’s answer."},
			"unknown": {
				"Not known yet",
				"Stripe has not told us yet whether your account is connected. This page will show it. You can also try " +
					"again: nothing happens twice.",
			},
			"connected": {"Your account is connected", "{brand} has access to your Stripe account."},
			"expired":   {"This link has expired", "Please ask {brand} for a new one."},
			"closed":    {"No accounts can be connected now", "Please ask {brand} for a new link later."},
		},
		May: map[string]string{
			"read_only":  "{brand} will see your payments and customers, and can change nothing.",
			"read_write": "{brand} will see your payments and customers, and can take and refund payments for you.",
		},
		Problems: map[string]string{
			"denied":      "You did not give access. If that was a mistake, try again.",
			"refused":     "Stripe did not complete the connection. Please try again.",
			"misset":      "Stripe refused the connection because of how {brand} is set up. Please tell them.",
			"wrong_mode":  "The account was connected in another mode than {brand} uses. Please try again, or tell them.",
			"own_account": "This is the account of {brand} itself. Please choose another one.",
			"taken":       "This Stripe account is already connected for another customer of {brand}. Please choose another one, or tell them.",
		},
		Start:    "Connect with Stripe",
		Continue: "Continue",
	}
}

//nolint:misspell // it is French
func frenchConnect() connectTexts {
	return connectTexts{
		States: map[string]stateTexts{
			"open": {
				"Connectez votre compte Stripe",
				"{brand} demande l’accès à votre compte Stripe. Vous vous identifiez chez Stripe et y décidez. Vous " +
					"pouvez mettre fin à l’accès à tout moment dans votre Dashboard Stripe.",
			},
			"checking": {"Un instant", "Nous attendons la réponse de Stripe."},
			"unknown": {
				"Pas encore confirmé",
				"Stripe ne nous a pas encore dit si votre compte est connecté. Cette page l’affichera. Vous pouvez aussi " +
					"réessayer : rien ne se fait deux fois.",
			},
			"connected": {"Votre compte est connecté", "{brand} a accès à votre compte Stripe."},
			"expired":   {"Ce lien a expiré", "Demandez-en un nouveau à {brand}."},
			"closed":    {"Aucun compte ne peut être connecté pour le moment", "Demandez plus tard un nouveau lien à {brand}."},
		},
		May: map[string]string{
			"read_only":  "{brand} verra vos paiements et vos clients, sans rien pouvoir modifier.",
			"read_write": "{brand} verra vos paiements et vos clients, et pourra encaisser et rembourser pour vous.",
		},
		Problems: map[string]string{
			"denied":      "Vous n’avez pas donné l’accès. Si c’était une erreur, réessayez.",
			"refused":     "Stripe n’a pas terminé la connexion. Veuillez réessayer.",
			"misset":      "Stripe a refusé la connexion en raison de la configuration de {brand}. Merci de les prévenir.",
			"wrong_mode":  "Le compte a été connecté dans un autre mode que celui de {brand}. Réessayez, ou prévenez-les.",
			"own_account": "C’est le compte de {brand} même. Veuillez en choisir un autre.",
			"taken":       "Ce compte Stripe est déjà connecté pour un autre client de {brand}. Choisissez-en un autre, ou prévenez-les.",
		},
		Start:    "Se connecter avec Stripe",
		Continue: "Continuer",
	}
}
