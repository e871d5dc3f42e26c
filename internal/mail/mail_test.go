package mail_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/mail"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/queue"
	"checkoutd/internal/testkit"
)

// desk is a Store in memory with one order.
type desk struct {
	mu     sync.Mutex
	state  payments.State
	emails []mail.Email
	dueAt  time.Time
}

func (d *desk) ClaimEmails(_ context.Context, now, _ time.Time, n int) (list []mail.Email, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()

	for i := range d.emails {
		l := &d.emails[i]
		if l.State == mail.Due && !d.dueAt.After(now) && len(list) < n {
			l.State, l.Claim = mail.Sending, queue.Claim{ID: l.ID, Token: "t"}
			l.Tries++
			list = append(list, *l)
		}
	}

	return list, nil
}

func (d *desk) EndEmail(_ context.Context, l mail.Email, dueAt time.Time) error {
	d.mu.Lock()
	defer d.mu.Unlock()

	for i := range d.emails {
		if d.emails[i].ID == l.ID {
			d.emails[i], d.dueAt = l, dueAt
		}
	}
	return nil
}

func (d *desk) Read(context.Context, string) (*payments.State, error) { return &d.state, nil }

// box takes messages, or fails as the test wants.
type box struct {
	fail  error
	taken []mail.Message
}

func (b *box) Send(_ context.Context, m mail.Message) error {
	if b.fail != nil {
		return b.fail
	}
	b.taken = append(b.taken, m)
	return nil
}

// office is a mail service with one e-mail.
type office struct {
	*mail.Service
	clock *testkit.Clock
	desk  *desk
	box   *box
}

func newOffice(t *testing.T, kind string, to mail.Recipient, language string) *office {
	t.Helper()
	writer, err := mail.NewWriter(mail.WriterConfig{ShopName: "Mugs & more", Language: language})
	if err != nil {
		t.Fatal(err)
	}

	o := &office{clock: testkit.NewClock(), box: &box{}}
	o.desk = &desk{
		state: payments.State{
			Order: orders.Order{
				ID:        "ord_abcdefghijkl",
				Reference: "",
				Amount:    2290,
				Currency:  "usd",
				Items: []orders.Item{{
					Name:       "Mug <b>blue</b>",
					Quantity:   2,
					UnitAmount: 900,
					Ships:      true,
				}},
				ShippingRate: orders.ShippingRate{ID: "post", Name: "Post", Amount: 490},
				Contact: orders.Contact{
					Email: "ada@buyer.example",
					Shipping: &orders.Address{Name: "Ada Byron", Address: orders.Place{
						Line1:      "1 Main St",
						City:       "Springfield",
						State:      "IL",
						PostalCode: "62701",
						Country:    "US",
					}},
				},
				CreatedAt: testkit.Start,
			},
			Refunds: []payments.Refund{{ID: "re_1", Amount: 500}},
		},
		emails: []mail.Email{{
			ID:        "eml_1",
			OrderID:   "ord_abcdefghijkl",
			Kind:      kind,
			Recipient: to,
			State:     mail.Due,
			CreatedAt: testkit.Start,
		}},
	}

	o.Service = mail.New(mail.Config{
		Store:    o.desk,
		Sender:   o.box,
		Writer:   writer,
		ShopTo:   "orders@shop.example",
		Now:      o.clock.Now,
		Log:      zerolog.Nop(),
		Hostname: "shop.example",
	})

	return o
}

// step sends what is due and returns the e-mail.
func (o *office) step(t *testing.T) mail.Email {
	t.Helper()
	if _, err := o.RunOnce(t.Context()); err != nil {
		t.Fatal(err)
	}
	return o.desk.emails[0]
}

// withClub stands for the e-mail about a paid order of goods and a
// subscription.
const withClub = "order.paid, with a club"

// subscribe adds a subscription to the goods of the order.
func (o *office) subscribe() {
	if e := &o.desk.emails[0]; e.Kind == withClub {
		e.Kind = payments.EffectPaid
	}

	order := &o.desk.state.Order
	order.Mode, order.Amount = orders.ModeSubscription, order.Amount+1200
	order.Items = append(order.Items, orders.Item{
		Name:       "Club",
		Quantity:   1,
		UnitAmount: 1200,
		Recurring:  &orders.Recurring{Interval: "month", IntervalCount: 1},
	})
}

// In an e-mail from right to left, names and addresses stand isolated and the
// amounts are on the left.
func TestAnEmailFromRightToLeft(t *testing.T) {
	t.Parallel()
	o := newOffice(t, payments.EffectPaid, mail.Buyer, "ar")
	o.step(t)
	for _, want := range []string{
		`<html lang="ar" dir="rtl">`,
		`<bdi>Mug &lt;b&gt;blue&lt;/b&gt;</bdi>`,
		`<bdi>Ada Byron</bdi>`,
		`<td align="left" style="padding:6px 0;padding-right:12px;`,
	} {
		if html := o.box.taken[0].HTML; !strings.Contains(html, want) {
			t.Errorf("%s is not in %s", want, html)
		}
	}
}

func TestEmails(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		kind     string
		to       mail.Recipient
		language string
		address  string
		subject  string
		says     []string
	}{
		"paid": {
			payments.EffectPaid, mail.Buyer, "en", "ada@buyer.example", "Your order ABCDEFGH at Mugs & more",
			[]string{"payment of $22.90", "2 × Mug <b>blue</b>", "$18.00", "Shipping: Post", "$4.90", "Ada Byron", "Springfield, IL 62701", "United States"},
		},
		"paid, in French": {
			payments.EffectPaid, mail.Buyer, "fr", "ada@buyer.example", "Votre commande ABCDEFGH chez Mugs & more",
			[]string{"votre paiement de 22,90", "Livraison : Post", "Commande ABCDEFGH du 31/01/2026"},
		},
		"paid, to the shop": {
			payments.EffectPaid, mail.Shop, "en", "orders@shop.example", "Order ABCDEFGH is paid: $22.90",
			[]string{"Buyer: ada@buyer.example", "Please prepare"},
		},
		"refunded": {
			payments.EffectRefunded, mail.Buyer, "en", "ada@buyer.example",
			"A refund for your order ABCDEFGH at Mugs & more", []string{"refunded $5.00"},
		},
		"a renewal": {
			payments.EffectPastDue, mail.Buyer, "en", "ada@buyer.example", "Your payment to Mugs & more failed",
			[]string{"payment of $12.00"},
		},
		"paid, with a subscription": {
			withClub, mail.Buyer, "en", "ada@buyer.example", "Your order ABCDEFGH at Mugs & more",
			[]string{"payment of $34.90", "Total: $34.90\nThen every month: $12.00"},
		},
		"paid, with a subscription, in French": {
			withClub, mail.Buyer, "fr", "ada@buyer.example", "Votre commande ABCDEFGH chez Mugs & more",
			[]string{"paiement de 34,90", "Ensuite, chaque mois : 12,00"},
		},
	} {
		o := newOffice(t, c.kind, c.to, c.language)
		switch c.kind {
		case payments.EffectRefunded:
			o.desk.emails[0].Subject = "re_1"
		case withClub, payments.EffectPastDue:
			o.subscribe()
		}

		if l := o.step(t); l.State != mail.Sent || len(o.box.taken) != 1 {
			t.Errorf("%s: the e-mail is %+v", name, l)
			continue
		}

		m := o.box.taken[0]
		if m.To != c.address || m.Subject != c.subject || m.ID != "eml_1@shop.example" {
			t.Errorf("%s: got %q to %q with the ID %q", name, m.Subject, m.To, m.ID)
		}

		for _, want := range c.says {
			if plain := strings.ReplaceAll(m.Plain, "\u00a0", " "); !strings.Contains(plain, want) {
				t.Errorf("%s: it does not say %q:\n%s", name, want, m.Plain)
			}
		}

		if strings.Contains(m.HTML, "<b>blue") {
			t.Errorf("%s: a product's name is HTML:\n%s", name, m.HTML)
		}
	}
}

func TestAnOrderThatCostsNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t, payments.EffectPaid, mail.Buyer, "en")
	o.desk.state.Order.Amount = 0
	o.step(t)
	if m := o.box.taken[0]; !strings.Contains(m.Plain, "nothing to pay") || strings.Contains(m.Plain, "received your payment") {
		t.Errorf("got %s", m.Plain)
	}
}

func TestWhatBecomesOfAnEmail(t *testing.T) {
	t.Parallel()
	o := newOffice(t, payments.EffectPaid, mail.Buyer, "en")

	// It is tried again while it is certain that nobody took it.
	o.box.fail = &mail.Refusal{Why: "no connection"}

	if l := o.step(t); l.State != mail.Due || l.Tries != 1 || l.Problem != "no connection" {
		t.Fatalf("got %+v, want it due again", l)
	}
	if !o.desk.dueAt.After(o.clock.Now()) {
		t.Error("it is due again at once")
	}

	o.clock.Advance(time.Hour)
	o.box.fail = nil

	if l := o.step(t); l.State != mail.Sent || l.Tries != 2 {
		t.Errorf("got %+v, want it sent", l)
	}

	for name, c := range map[string]struct {
		err   error
		later time.Duration
		want  mail.State
	}{
		"refused for good":          {&mail.Refusal{Final: true, Why: "550"}, 0, mail.Failed},
		"refused for three days":    {&mail.Refusal{Why: "451"}, 73 * time.Hour, mail.Failed},
		"an answer that never came": {errors.New("broken pipe"), 0, mail.Unknown},
	} {
		o := newOffice(t, payments.EffectPaid, mail.Buyer, "en")
		o.clock.Advance(c.later)
		o.box.fail = c.err

		if l := o.step(t); l.State != c.want || strings.Contains(l.Problem, "pipe") {
			t.Errorf("%s: got %+v, want %s", name, l, c.want)
		}
	}

	o = newOffice(t, payments.EffectPaid, mail.Buyer, "en")
	o.desk.state.Order.Contact.Email = ""

	if l := o.step(t); l.State != mail.Skipped {
		t.Errorf("without an address: got %+v", l)
	}
}

func TestTemplatesOfTheShop(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}

	for _, wrong := range []string{folder, filepath.Join(folder, "nowhere")} {
		_, err := mail.NewWriter(mail.WriterConfig{ShopName: "Mugs", Language: "en", Folder: wrong})
		if err == nil || !strings.Contains(err.Error(), "has neither an email.txt nor an email.html") {
			t.Errorf("got %v, want a refusal of the folder without templates", err)
		}
	}

	write("email.txt", "Hello! {{.Title}}, {{.Shop}}")

	w, err := mail.NewWriter(mail.WriterConfig{ShopName: "Mugs", Language: "en", Folder: folder})
	if err != nil || w == nil {
		t.Fatal(err)
	}

	for _, broken := range []string{"{{.Nobody}}", "{{if}}"} {
		write("email.html", broken)
		if _, err := mail.NewWriter(mail.WriterConfig{Language: "en", Folder: folder}); err == nil {
			t.Errorf("the template %q was accepted", broken)
		}
	}
}

// The shop's backend decided the language, and what the total consists of.
func TestEmailAboutAnOrderOfTheBackend(t *testing.T) {
	t.Parallel()
	o := newOffice(t, payments.EffectPaid, mail.Buyer, "en")
	o.desk.state.Order.Shop = orders.ShopTerms{
		Fixed:     true,
		Locale:    "fr-CA",
		Discounts: []orders.Deduction{{Name: "Fidélité", Amount: 100}},
		Taxes: []orders.Tax{{
			Name:      "TVA",
			Amount:    200,
			Inclusive: true,
		}, {Name: "Éco", Amount: 50}},
	}

	o.desk.state.Order.Items[0].TaxAmount = 30
	o.step(t)

	text := o.box.taken[0].Plain
	for _, want := range []string{"Merci", "Fidélité", "−1,00", "TVA (compris)", "2,00", "Éco", "0,50", "Taxes", "0,30"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
}
