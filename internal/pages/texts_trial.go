package pages

// trialEnglish returns the texts about a subscription that begins with a trial.
func trialEnglish() modeTexts {
	return modeTexts{
		Title:            "Start your free trial",
		Payment:          "Payment method",
		Pay:              "Start the free trial",
		Paying:           "Starting…",
		LostAnswer:       "We sent your details but got no response. Press the button to check again.",
		NotAuthenticated: "This was not confirmed. Try again or use another payment method.",
		ResumeText:       "Please confirm with your bank or payment provider. Nothing is charged now.",
		Resume:           "Continue",
		PayAnotherWay:    "Use another payment method",
		OrAnotherWay:     "or enter your details",
		States: map[string]stateTexts{
			"paid":     {"Your free trial has started", "There is nothing to pay now."},
			"progress": {"Your free trial is about to start", "We are waiting for the result."},
		},
		Complete: map[string]stateTexts{
			"paid": {
				"Thank you, your free trial has started",
				"Your payment method is saved. Nothing was charged.",
			},
			"checking":        {"Starting your free trial", "This usually takes a few seconds."},
			"requires_action": {"Waiting for your confirmation", "We do not know yet whether this was confirmed."},
			"processing":      {"Your free trial is about to start", "We are waiting for the result."},
			"unpaid":          {"Your free trial has not started yet", "You can still start it."},
			"failed": {
				"This did not go through",
				"Nothing was charged, and the free trial has not started.",
			},
		},
	}
}

// trialFrench is trialEnglish in French.
func trialFrench() modeTexts {
	return modeTexts{
		Title:   "Commencer l’essai gratuit",
		Payment: "Moyen de paiement",
		Pay:     "Commencer l’essai gratuit",
		Paying:  "Un instant…",
		LostAnswer: "Vos données ont été envoyées, mais nous n’avons reçu aucune réponse. " +
			"Appuyez sur le bouton pour vérifier.",
		NotAuthenticated: "La confirmation n’a pas abouti. Réessayez ou choisissez un autre moyen de paiement.",
		ResumeText: "Confirmez auprès de votre banque ou de votre prestataire de paiement. " +
			"Rien n’est débité maintenant.",
		Resume:        "Continuer",
		PayAnotherWay: "Utiliser un autre moyen de paiement",
		OrAnotherWay:  "ou saisir vos données",
		States: map[string]stateTexts{
			"paid":     {"Votre essai gratuit a commencé", "Il n’y a rien à payer maintenant."},
			"progress": {"Votre essai gratuit va commencer", "Nous attendons le résultat."},
		},
		Complete: map[string]stateTexts{
			"paid": {
				"Merci, votre essai gratuit a commencé",
				"Votre moyen de paiement est enregistré. Rien n’a été débité.",
			},
			"checking": {"Début de votre essai gratuit", "Cela ne prend en général que quelques secondes."},
			"requires_action": {
				"En attente de votre confirmation",
				"Nous ne savons pas encore si la confirmation a abouti.",
			},
			"processing": {"Votre essai gratuit va commencer", "Nous attendons le résultat."},
			"unpaid":     {"Votre essai gratuit n’a pas encore commencé", "Vous pouvez encore le commencer."},
			"failed":     {"Cela n’a pas abouti", "Rien n’a été débité et l’essai gratuit n’a pas commencé."},
		},
	}
}
