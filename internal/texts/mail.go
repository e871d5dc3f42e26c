package texts

// Mail are the texts of the e-mails.
type Mail struct {
	Colon, Order, Quantity, Subtotal, Discount, Shipping, Tax, Included, Total, Refunded, ShipTo, Contact, Link, Footer string

	Trial string // the line that takes the price off
	Later string // the line of the payments after the first

	// Buyer and Shop are the e-mails to them, by their kinds.
	Buyer, Shop map[string]Email
}

// Email are the texts of one kind of e-mail to one recipient. {number},
// {amount}, {shop} and {date} are filled in, {due} about a trial.
type Email struct {
	Subject string
	Title   string
	Text    []string // paragraphs
}
