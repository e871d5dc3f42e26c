package mail

import (
	"bytes"
	"cmp"
	"embed"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"io/fs"
	"os"
	"strconv"
	"strings"
	texttemplate "text/template"

	"checkoutd/internal/money"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/texts"
)

//go:embed templates
var builtIn embed.FS

// WriterConfig configures a Writer.
type WriterConfig struct {
	ShopName string
	Language string // of e-mails whose order names none
	Seller   orders.Seller
	// Link returns the address that shows a buyer's order, "" if there is none.
	// nil: there never is.
	Link func(o *orders.Order) string
	// Folder holds templates that replace built-in ones; "" for none.
	Folder string
}

// Writer writes e-mails. It is safe for concurrent use.
type Writer struct {
	cfg   WriterConfig
	plain *texttemplate.Template
	html  *htmltemplate.Template
}

// view is what a template sees. docs/mail.md describes it.
type view struct {
	Kind, Recipient, Lang string
	Dir                   string // of the writing: ltr or rtl
	Start, End            string // where a line begins and ends: left or right
	Shop                  string
	Subject, Title        string
	Paragraphs            []string
	Number                string // the part of the order's ID that people read to each other
	Reference             string // the shop's order number, "" if it has none
	OrderLine             string
	Lines                 []lineView
	Sums                  []sumView
	Amount                string // what the e-mail is about: the total, or the refund
	Address               []string
	AddressTitle          string
	Colon                 string // as the language writes it
	Contact               string // the buyer's e-mail address, for the shop
	ContactTitle          string
	Link, LinkText        string       // shows the order, for the buyer; "" for none
	Facts                 []factView   // what else a receipt says
	Seller                []string     // lines below the shop's name
	Links                 []texts.Link // to the shop's own pages
	Footer                string
}

// factView is a line with its title.
type factView struct{ Title, Text string }

type lineView struct{ Quantity, Name, Amount string }

type sumView struct {
	Name, Amount string
	Strong       bool
}

// NewWriter returns a Writer. The templates of the folder are tried on a sample
// of every e-mail, so that a mistake is found at the start.
func NewWriter(c WriterConfig) (*Writer, error) {
	if !texts.Has(c.Language) {
		return nil, fmt.Errorf("mail: there are no e-mails in the language %q", c.Language)
	}

	if err := checkFolder(c.Folder); err != nil {
		return nil, err
	}

	plain, err := source(c.Folder, "email.txt")
	if err != nil {
		return nil, err
	}

	html, err := source(c.Folder, "email.html")
	if err != nil {
		return nil, err
	}

	w := &Writer{cfg: c}
	if w.plain, err = texttemplate.New("email.txt").Option("missingkey=error").Parse(plain); err != nil {
		return nil, fmt.Errorf("mail: %w", err)
	}
	if w.html, err = htmltemplate.New("email.html").Option("missingkey=error").Parse(html); err != nil {
		return nil, fmt.Errorf("mail: %w", err)
	}

	return w, w.try()
}

// checkFolder returns an error for a folder without a template, so that a
// misspelt path does not send the built-in e-mails.
func checkFolder(folder string) error {
	if folder == "" {
		return nil
	}

	for _, name := range []string{"email.txt", "email.html"} {
		if _, err := os.Stat(folder + "/" + name); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return fmt.Errorf("%s has neither an email.txt nor an email.html", folder)
}

// source returns the text of a template.
func source(folder, name string) (string, error) {
	if folder != "" {
		text, err := os.ReadFile(folder + "/" + name)
		if err == nil || !errors.Is(err, fs.ErrNotExist) {
			return string(text), err
		}
	}

	text, err := builtIn.ReadFile("templates/" + name)
	return string(text), err
}

// try writes every e-mail about a sample order.
func (w *Writer) try() error {
	st := &payments.State{Order: orders.Order{
		ID:       "ord_sample",
		Amount:   1000,
		Currency: "usd",
		Items:    []orders.Item{{Name: "Sample", Quantity: 1, UnitAmount: 1000}},
	}}

	for _, lang := range texts.Languages() {
		for _, to := range recipients {
			for kind := range emails(lang, to) {
				if _, err := w.writeIn(lang, Email{Kind: kind, Recipient: to}, st); err != nil {
					return err
				}
			}
		}
	}

	return nil
}

// write returns the text of an e-mail. A buyer is written to in the language
// that the shop's backend chose for the order, everybody else in the shop's.
func (w *Writer) write(l Email, st *payments.State) (Text, error) {
	lang, _, _ := strings.Cut(st.Order.Shop.Locale, "-")
	if l.Recipient == Buyer && texts.Has(lang) {
		return w.writeIn(lang, l, st)
	}
	return w.writeIn(w.cfg.Language, l, st)
}

func (w *Writer) writeIn(lang string, l Email, st *payments.State) (Text, error) {
	kind := l.Kind
	switch {
	case l.Kind != payments.EffectPaid:
	case st.Order.Trial():
		kind = placedTrial
	case l.Recipient == Buyer && st.Order.Amount == 0:
		kind = placedFree
	}

	t, ok := emails(lang, l.Recipient)[kind]
	if !ok {
		return Text{}, fmt.Errorf("mail: there is no e-mail about %s to the %s", l.Kind, l.Recipient)
	}

	v := w.view(lang, t, l, st)

	var plain, html bytes.Buffer
	if err := w.plain.Execute(&plain, v); err != nil {
		return Text{}, fmt.Errorf("mail: %w", err)
	}
	if err := w.html.Execute(&html, v); err != nil {
		return Text{}, fmt.Errorf("mail: %w", err)
	}

	return Text{Subject: v.Subject, Plain: plain.String(), HTML: html.String()}, nil
}

func (w *Writer) view(lang string, t texts.Email, l Email, st *payments.State) view {
	o, words := &st.Order, texts.Of(lang).Mail
	format := func(minor int64) string { return money.Format(minor, o.Currency, lang) }

	v := view{
		Kind:         l.Kind,
		Recipient:    string(l.Recipient),
		Lang:         lang,
		Shop:         w.cfg.ShopName,
		Number:       number(o),
		Reference:    o.Reference,
		Amount:       format(amountOf(l, st)),
		Colon:        words.Colon,
		AddressTitle: words.ShipTo,
		ContactTitle: words.Contact,
	}

	v.Dir, v.Start, v.End = texts.Of(lang).Direction, "left", "right"
	if v.Dir == "rtl" {
		v.Start, v.End = v.End, v.Start
	}

	fill := strings.NewReplacer("{number}", v.Number, "{amount}", v.Amount, "{shop}", v.Shop,
		"{date}", texts.Of(lang).Dates.Date(o.CreatedAt), "{due}", texts.Of(lang).Dates.Date(o.FirstPayment(o.PaidAt))).Replace

	v.Subject, v.Title = fill(t.Subject), fill(t.Title)
	v.OrderLine, v.Footer = fill(words.Order), fill(words.Footer)

	for _, p := range t.Text {
		v.Paragraphs = append(v.Paragraphs, fill(p))
	}

	for _, i := range o.Items {
		quantity := strings.ReplaceAll(words.Quantity, "{n}", strconv.FormatInt(i.Quantity, 10))
		v.Lines = append(v.Lines, lineView{quantity, i.Name, format(i.Amount())})
	}

	v.Sums = sums(words, o, format)
	if later := o.RecurringAmount(); later > 0 && later != o.Amount {
		every := texts.Of(lang).Often(o.Recurring().Interval, o.Recurring().IntervalCount)
		v.Sums = append(v.Sums, sumView{Name: strings.ReplaceAll(words.Later, "{every}", every), Amount: format(later)})
	}

	if o.Ships() {
		v.Address = o.Contact.Shipping.Lines(lang)
	}

	if l.Recipient == Buyer {
		w.addForBuyer(&v, texts.Of(lang), o)
	}

	if l.Recipient == Shop {
		v.Contact, v.Footer = o.Contact.Email, ""
	}

	return v
}

// addForBuyer adds what a receipt says, and the links.
func (w *Writer) addForBuyer(v *view, t *texts.All, o *orders.Order) {
	if w.cfg.Link != nil {
		v.Link, v.LinkText = w.cfg.Link(o), t.Mail.Link
	}

	if v.Kind == payments.EffectPaid {
		m := o.PaidWith
		if name := t.Receipt.Method(m.Type, m.Brand, m.Last4, m.Wallet); name != "" {
			v.Facts = append(v.Facts, factView{t.Receipt.PaidWith, name})
		}
		if from, to, ok := o.ShippingRate.Delivery(o.PaidAt); ok {
			v.Facts = append(v.Facts, factView{t.Receipt.Delivery, t.Days(from, to)})
		}
	}

	s := w.cfg.Seller
	v.Seller = append(v.Seller, s.Address...)
	if s.TaxNumber != "" {
		v.Seller = append(v.Seller, t.Receipt.TaxNumber+" "+s.TaxNumber)
	}

	v.Links = t.Links.To(texts.Links{
		Terms:   s.Terms,
		Privacy: s.Privacy,
		Contact: s.Contact,
		Returns: s.Returns,
		Imprint: s.Imprint,
	})
}

// sums returns the lines between the items and the total, and the total.
func sums(w texts.Mail, o *orders.Order, format func(int64) string) (list []sumView) {
	if o.Discount.Code != "" || o.ShippingRate.ID != "" || o.Deducted() > 0 || o.AddedTax() > 0 {
		list = append(list, sumView{Name: w.Subtotal, Amount: format(o.Subtotal())})
	}

	if d := o.Discount; d.Code != "" {
		list = append(list, sumView{Name: w.Discount + " " + d.Code, Amount: "−" + format(d.Amount)})
	}

	if o.Trial() {
		list = append(list, sumView{Name: w.Trial, Amount: "−" + format(o.Subtotal())})
	}

	for _, d := range o.Shop.Discounts {
		list = append(list, sumView{Name: d.Name, Amount: "−" + format(d.Amount)})
	}

	if rate := o.ShippingRate; rate.ID != "" {
		list = append(list, sumView{Name: w.Shipping + w.Colon + " " + rate.Name, Amount: format(rate.Amount)})
	}

	list = append(list, taxes(w, o, format)...)

	list = append(list, sumView{Name: w.Total, Amount: format(o.Amount), Strong: true})
	if included := o.TaxIncluded(); included != "" {
		list = append(list, sumView{Name: included})
	}
	if o.Refunded > 0 {
		list = append(list, sumView{Name: w.Refunded, Amount: format(o.Refunded)})
	}

	return list
}

// taxes returns the lines of tax that the shop's backend set.
func taxes(w texts.Mail, o *orders.Order, format func(int64) string) (list []sumView) {
	added := o.AddedTax()
	for _, t := range o.Shop.Taxes {
		name := t.Name
		if t.Inclusive {
			name += " (" + w.Included + ")"
		} else {
			added -= t.Amount
		}

		list = append(list, sumView{Name: name, Amount: format(t.Amount)})
	}

	if added > 0 { // of the items
		list = append([]sumView{{Name: w.Tax, Amount: format(added)}}, list...)
	}

	return list
}

// amountOf returns what an e-mail is about, in minor units.
func amountOf(l Email, st *payments.State) int64 {
	for _, r := range st.Refunds {
		if r.ID == l.Subject {
			return r.Amount
		}
	}
	if l.Kind == payments.EffectPastDue {
		return st.Order.RecurringAmount()
	}
	return st.Order.Amount
}

// number returns what people call an order.
func number(o *orders.Order) string { return cmp.Or(o.Reference, orders.ShortID(o.ID)) }

// placedFree is the kind of e-mail about an order that costs nothing,
// placedTrial about a subscription that begins with a trial.
const (
	placedFree  = "order.paid, free"
	placedTrial = "order.paid, trial"
)

var recipients = []Recipient{Buyer, Shop}

// emails returns the e-mails to a recipient in a language, by their kinds.
func emails(lang string, to Recipient) map[string]texts.Email {
	if to == Buyer {
		return texts.Of(lang).Mail.Buyer
	}
	return texts.Of(lang).Mail.Shop
}

// Recipients returns who gets an e-mail about a kind of effect, nobody if there
// is none.
func Recipients(kind string) []Recipient {
	var list []Recipient
	for _, to := range recipients {
		if _, ok := emails(texts.Default, to)[kind]; ok {
			list = append(list, to)
		}
	}
	return list
}
