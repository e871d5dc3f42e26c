package modes_test

import (
	"io"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/http"
	netmail "net/mail"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-smtp"

	"checkoutd/internal/e2e/e2etest"
)

// mailbox is a mail server that keeps what it gets.
type mailbox struct {
	mu  sync.Mutex
	got []string // recipient and subject
	// texts are the whole e-mails, decoded.
	texts []string
}

func openMailbox(t *testing.T) (box *mailbox, url string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}

	box = &mailbox{}
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &slot{box: box}, nil }))
	go server.Serve(listener) //nolint:errcheck // it ends with the test
	t.Cleanup(func() { _ = server.Close() })
	return box, "smtp://" + listener.Addr().String()
}

func (b *mailbox) emails() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]string(nil), b.got...)
}

type slot struct {
	box *mailbox
	to  string
}

func (*slot) Mail(string, *smtp.MailOptions) error { return nil }
func (*slot) Reset()                               {}
func (*slot) Logout() error                        { return nil }

func (s *slot) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = to
	return nil
}

func (s *slot) Data(r io.Reader) error {
	m, err := netmail.ReadMessage(r)
	if err != nil {
		return err
	}

	body, err := io.ReadAll(quotedprintable.NewReader(m.Body)) // the headers of its parts survive that
	if err != nil {
		return err
	}

	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	s.box.mu.Lock()
	defer s.box.mu.Unlock()
	s.box.got = append(s.box.got, s.to+": "+subject)
	s.box.texts = append(s.box.texts, string(body))
	return err
}

func TestEmailsFollowAPayment(t *testing.T) {
	t.Parallel()
	box, url := openMailbox(t)
	s := e2etest.OpenShop(t,
		e2etest.Set("SMTP_URL", url),
		e2etest.Set("MAIL_FROM", "Mugs <orders@shop.example>"),
		e2etest.Set("MAIL_SHOP_TO", "owner@shop.example"),
		e2etest.Set("BRAND_NAME", "Mugs"))

	b := s.Buyer(t)
	id := b.Order("mug")
	b.Call("PATCH", "/orders/"+id, `{"email":"ada@buyer.example"}`)
	b.Confirm(id, e2etest.CardPays)
	b.WantStatus(id, "paid paid")

	s.Eventually("there is an e-mail to the buyer and one to the shop", func() bool { return len(box.emails()) == 2 })
	all := strings.Join(box.emails(), "\n")
	if !strings.Contains(all, "ada@buyer.example: Your order ") || !strings.Contains(all, "owner@shop.example: Order ") {
		t.Errorf("got\n%s", all)
	}

	// The link in the buyer's e-mail shows the receipt on another device.
	links := regexp.MustCompile(`/receipt/`+id+`\?key=[0-9a-z_]+`).FindAllString(strings.Join(box.texts, "\n"), -1)
	if len(links) != 2 || links[0] != links[1] { // in the text and in the HTML of one e-mail
		t.Fatalf("got the links %q", links)
	}

	other := s.Buyer(t)
	r := other.Call("GET", links[0], "")
	if r.Status != http.StatusSeeOther || r.Header.Get("Location") != "/receipt/"+id ||
		r.Header.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("the link: %d to %q", r.Status, r.Header.Get("Location"))
	}
	if r = other.Call("GET", "/receipt/"+id, ""); r.Status != http.StatusOK || !strings.Contains(r.Body, "Enamel mug") {
		t.Errorf("the receipt: %d %.300s", r.Status, r.Body)
	}

	// A restart sends nothing again.
	s.Restart()
	s.WantQuiet()
	if got := box.emails(); len(got) != 2 {
		t.Errorf("after a restart there are %d e-mails, want 2", len(got))
	}
}

func TestAPaymentDoesNotWaitForTheMailServer(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0") // it takes connections and says nothing
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })

	s := e2etest.OpenShop(t,
		e2etest.Set("SMTP_URL", "smtp://"+listener.Addr().String()),
		e2etest.Set("MAIL_FROM", "orders@shop.example"))

	for range 3 {
		b := s.Buyer(t)
		id := b.Order("mug")
		b.Call("PATCH", "/orders/"+id, `{"email":"ada@buyer.example"}`)
		b.Confirm(id, e2etest.CardPays)
		b.WantStatus(id, "paid paid")
	}
}

// The sandbox sends no mail: its desk shows the e-mails, and the webhooks to
// the shop.
func TestTheDeskShowsWhatTheShopSends(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t, e2etest.Set("SANDBOX_FAULTS", "true"))
	b := s.Buyer(t)
	id := b.Order("mug")
	b.Call("PATCH", "/orders/"+id, `{"email":"ada@buyer.example"}`)
	b.Confirm(id, e2etest.CardPays)
	b.WantStatus(id, "paid paid")

	show := func(list string) string {
		t.Helper()
		resp, err := http.Get(s.App.StripeOrigin() + "/_sandbox/shop/" + list)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close() //nolint:errcheck // nothing depends on it

		body, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d, %v", list, resp.StatusCode, err)
		}
		return string(body)
	}

	s.Eventually("the desk shows the e-mail to the buyer and that to the shop", func() bool {
		emails := show("emails")
		return strings.Contains(emails, `"to":"ada@buyer.example","subject":"Your order `) &&
			strings.Contains(emails, `"subject":"Order `)
	})
	if got := show("webhooks"); strings.TrimSpace(got) != "[]" {
		t.Errorf("without endpoints there are the webhooks %s", got)
	}
}
