package texts

import (
	"cmp"
	"strings"
	"time"
)

// Find are the texts of the page that finds an order by its number.
type Find struct {
	Title     string
	Intro     string
	Number    string
	Show      string
	LinkEnded string
}

// Receipt are the texts of a receipt, on its page and in e-mails.
type Receipt struct {
	PaidWith     string
	Ending       string // {method} and {last4}
	SepaDebit    string
	BankAccount  string
	BankTransfer string
	Delivery     string
	Between      string // {from} and {to}, days
	Charged      string // the total, once it was paid
	NextShips    string
	NextEmail    string
	NextPayment  string
	NextAmount   string // {amount} and {date}
	Manage       string // the link to Stripe's customer portal
	HowToEnd     string // in its place
	PastDue      string
	Ended        string
	TaxNumber    string
}

// methodNames are the names of brands and of types of payment methods, which
// are the same in every language. A type that is missing is shown by its words.
var methodNames = map[string]string{
	"amex": "American Express", "cartes_bancaires": "Cartes Bancaires", "diners": "Diners Club", "discover": "Discover",
	"eftpos_au": "Eftpos", "jcb": "JCB", "mastercard": "Mastercard", "unionpay": "UnionPay", "visa": "Visa",
	"acss_debit": "PAD", "afterpay_clearpay": "Afterpay", "au_becs_debit": "BECS Direct Debit",
	"bacs_debit": "Bacs Direct Debit", "blik": "BLIK", "cashapp": "Cash App Pay", "eps": "EPS", "fpx": "FPX",
	"ideal": "iDEAL", "mobilepay": "MobilePay", "oxxo": "OXXO", "p24": "Przelewy24", "paynow": "PayNow",
	"paypal": "PayPal", "promptpay": "PromptPay", "twint": "TWINT", "wechat_pay": "WeChat Pay", "zip": "Zip",
}

// Method returns the name of a payment method, such as "Visa ending in 4242
// (Apple Pay)"; "" if it has no type. The parts are Stripe's words.
func (r Receipt) Method(kind, brand, last4, wallet string) string {
	name := ""
	switch kind {
	case "":
		return ""
	case "sepa_debit":
		name = r.SepaDebit
	case "us_bank_account":
		name = r.BankAccount
	case "customer_balance":
		name = r.BankTransfer
	default:
		name = methodName(cmp.Or(brand, kind))
	}

	if last4 != "" {
		name = Fill(r.Ending, "method", name, "last4", last4)
	}

	if wallet != "" {
		name += " (" + methodName(wallet) + ")"
	}
	return name
}

func methodName(word string) string {
	if name := methodNames[word]; name != "" {
		return name
	}

	parts := strings.Fields(strings.ReplaceAll(word, "_", " "))
	for i, p := range parts {
		parts[i] = strings.ToUpper(p[:1]) + p[1:]
	}
	return strings.Join(parts, " ")
}

// Days returns a period of days as the language writes it, or its only day.
func (t *All) Days(from, to time.Time) string {
	first, last := t.Dates.Date(from), t.Dates.Date(to)
	if first == last {
		return first
	}
	return Fill(t.Receipt.Between, "from", first, "to", last)
}

// Consent are the texts of the box by which a buyer agrees to the terms.
type Consent struct{ Agree, Missing string }

// Links are the names of the shop's own pages.
type Links struct{ Terms, Privacy, Contact, Returns, Imprint string }

// Link is an address with its name.
type Link struct{ Text, URL string }

// To returns the links to the addresses that are not "".
func (l Links) To(urls Links) (list []Link) {
	for _, link := range []Link{
		{l.Terms, urls.Terms}, {l.Privacy, urls.Privacy}, {l.Returns, urls.Returns},
		{l.Contact, urls.Contact}, {l.Imprint, urls.Imprint},
	} {
		if link.URL != "" {
			list = append(list, link)
		}
	}
	return list
}
