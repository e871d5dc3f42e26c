package mail

import "checkoutd/internal/payments"

// texts are the words of one kind of e-mail to one recipient. {number},
// {amount}, {shop} and {date} are filled in, {due} about a trial.
type texts struct {
	Subject string
	Title   string
	Text    []string // paragraphs
}

// words are what every e-mail of a language needs.
type words struct {
	Colon, Order, Quantity, Subtotal, Discount, Shipping, Tax, Included, Total, Refunded, ShipTo, Contact, Footer string

	Trial string // the line that takes the price off

	emails map[emailKey]texts
}

// emailKey names a kind of e-mail.
type emailKey struct {
	kind string // of the effect
	to   Recipient
}

// placedFree is the kind of e-mail about an order that costs nothing,
// placedTrial about a subscription that begins with a trial.
const (
	placedFree  = "order.paid, free"
	placedTrial = "order.paid, trial"
)

// Recipients returns who gets an e-mail about a kind of effect, nobody if there
// is none.
func Recipients(kind string) []Recipient {
	var list []Recipient
	for _, to := range []Recipient{Buyer, Shop} {
		if _, ok := languages["en"].emails[emailKey{kind, to}]; ok {
			list = append(list, to)
		}
	}
	return list
}

// languages are the languages of the e-mails.
var languages = map[string]words{
	"en": {
		Colon:    ":",
		Order:    "Order {number} of {date}",
		Quantity: "{n} ×",
		Subtotal: "Subtotal",
		Discount: "Discount",
		Shipping: "Shipping",
		Tax:      "Tax",
		Included: "included",
		Trial:    "Free trial",
		Total:    "Total",
		Refunded: "Refunded so far",
		ShipTo:   "Delivered to",
		Contact:  "Buyer",
		Footer:   "You receive this message because of an order at {shop}.",
		emails: map[emailKey]texts{
			{payments.EffectPaid, Buyer}: {
				Subject: "Your order {number} at {shop}",
				Title:   "Thank you, your order is paid",
				Text:    []string{"We have received your payment of {amount}. This is what you ordered:"},
			},
			{placedFree, Buyer}: {
				Subject: "Your order {number} at {shop}",
				Title:   "Thank you for your order",
				Text:    []string{"There is nothing to pay. This is what you ordered:"},
			},
			{placedTrial, Buyer}: {
				Subject: "Your free trial at {shop}",
				Title:   "Your free trial has started",
				Text: []string{"Your payment method is saved, and nothing was charged. The first payment is due " +
					"on {due}, unless you cancel before. This is what you subscribed to:"},
			},
			{placedTrial, Shop}: {
				Subject: "Order {number}: a free trial has started",
				Title:   "A free trial has started",
				Text:    []string{"The buyer's payment method is saved. The first payment is due on {due}:"},
			},
			{payments.EffectPaid, Shop}: {
				Subject: "Order {number} is paid: {amount}",
				Title:   "Order {number} is paid",
				Text:    []string{"{amount} have been paid. Please prepare this order:"},
			},
			{payments.EffectRefunded, Buyer}: {
				Subject: "A refund for your order {number} at {shop}",
				Title:   "You get {amount} back",
				Text: []string{
					"We have refunded {amount} of your order {number} to the payment method that you paid with.",
					"Depending on your bank, it takes five to ten days until you see it.",
				},
			},
			{payments.EffectRefunded, Shop}: {
				Subject: "Order {number}: {amount} refunded",
				Title:   "{amount} of order {number} are refunded",
			},
			{payments.EffectRefundFailed, Shop}: {
				Subject: "Order {number}: a refund failed",
				Title:   "A refund of {amount} failed",
				Text: []string{
					"The buyer of order {number} did not get the money: the bank refused it. It is back in your " +
						"Stripe balance. Please agree with the buyer on another way.",
				},
			},
			{payments.EffectPastDue, Buyer}: {
				Subject: "Your payment to {shop} failed",
				Title:   "We could not renew your subscription",
				Text: []string{
					"The payment of {amount} for your subscription (order {number}) was declined.",
					"We try again in the next days. Please make sure that your payment method is valid, or answer " +
						"the shop if you want to pay in another way.",
				},
			},
			{payments.EffectPastDue, Shop}: {
				Subject: "Order {number}: a renewal was not paid",
				Title:   "A renewal of {amount} was not paid",
				Text:    []string{"Stripe tries again as your settings say."},
			},
		},
	},
	"fr": {
		Colon:    "\u00a0:",
		Order:    "Commande {number} du {date}",
		Quantity: "{n} ×",
		Subtotal: "Sous-total",
		Discount: "Remise",
		Shipping: "Livraison",
		Tax:      "Taxes",
		Included: "compris",
		Trial:    "Essai gratuit",
		Total:    "Total",
		Refunded: "Déjà remboursé",
		ShipTo:   "Livraison à",
		Contact:  "Client",
		Footer:   "Vous recevez ce message à la suite d’une commande chez {shop}.",
		emails: map[emailKey]texts{
			{payments.EffectPaid, Buyer}: {
				Subject: "Votre commande {number} chez {shop}",
				Title:   "Merci, votre commande est payée",
				Text:    []string{"Nous avons bien reçu votre paiement de {amount}. Voici votre commande :"},
			},
			{placedFree, Buyer}: {
				Subject: "Votre commande {number} chez {shop}",
				Title:   "Merci pour votre commande",
				Text:    []string{"Il n’y a rien à payer. Voici votre commande :"},
			},
			{placedTrial, Buyer}: {
				Subject: "Votre essai gratuit chez {shop}",
				Title:   "Votre essai gratuit a commencé",
				Text: []string{"Votre moyen de paiement est enregistré et rien n’a été débité. Le premier " +
					"paiement sera dû le {due}, sauf résiliation d’ici là. Voici votre abonnement :"},
			},
			{placedTrial, Shop}: {
				Subject: "Commande {number} : un essai gratuit a commencé",
				Title:   "Un essai gratuit a commencé",
				Text:    []string{"Le moyen de paiement est enregistré. Le premier paiement sera dû le {due} :"},
			},
			{payments.EffectPaid, Shop}: {
				Subject: "La commande {number} est payée : {amount}",
				Title:   "La commande {number} est payée",
				Text:    []string{"{amount} ont été payés. Préparez cette commande :"},
			},
			{payments.EffectRefunded, Buyer}: {
				Subject: "Remboursement de votre commande {number} chez {shop}",
				Title:   "Nous vous remboursons {amount}",
				Text: []string{
					"Nous avons remboursé {amount} de votre commande {number} sur le moyen de paiement que vous " +
						"aviez utilisé.",
					"Selon votre banque, le montant apparaît sous cinq à dix jours.",
				},
			},
			{payments.EffectRefunded, Shop}: {
				Subject: "Commande {number} : {amount} remboursés",
				Title:   "{amount} de la commande {number} sont remboursés",
			},
			{payments.EffectRefundFailed, Shop}: {
				Subject: "Commande {number} : un remboursement a échoué",
				Title:   "Un remboursement de {amount} a échoué",
				Text: []string{
					"Le client de la commande {number} n’a pas reçu l’argent : sa banque l’a refusé. Il est de " +
						"retour sur votre solde Stripe. Convenez d’un autre moyen avec le client.",
				},
			},
			{payments.EffectPastDue, Buyer}: {
				Subject: "Votre paiement à {shop} a échoué",
				Title:   "Nous n’avons pas pu renouveler votre abonnement",
				Text: []string{
					"Le paiement de {amount} pour votre abonnement (commande {number}) a été refusé.",
					"Nous réessayons ces prochains jours. Vérifiez que votre moyen de paiement est valide, ou " +
						"répondez à la boutique si vous souhaitez payer autrement.",
				},
			},
			{payments.EffectPastDue, Shop}: {
				Subject: "Commande {number} : un renouvellement n’est pas payé",
				Title:   "Un renouvellement de {amount} n’est pas payé",
				Text:    []string{"Stripe réessaie selon vos réglages."},
			},
		},
	},
}
