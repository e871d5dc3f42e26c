package mail_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	netmail "net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	gomail "github.com/wneessen/go-mail"

	"checkoutd/internal/mail"
)

const (
	user     = "shop"
	password = "p@ss/word"
)

// mailServer is a real SMTP server with STARTTLS and passwords.
type mailServer struct {
	address string
	client  *tls.Config

	mu     sync.Mutex
	refuse error  // what the server answers to the end of a message
	cut    func() // called instead of answering
	got    []string
	secure bool
}

func newMailServer(t *testing.T) *mailServer {
	t.Helper()
	withCert := httptest.NewUnstartedServer(nil)
	withCert.StartTLS()
	t.Cleanup(withCert.Close)

	trusted := withCert.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	trusted.ServerName = "example.com" // a name in the certificate
	return (&mailServer{client: trusted}).start(t, withCert.TLS.Certificates)
}

func (m *mailServer) start(t *testing.T, certificates []tls.Certificate) *mailServer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}

	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &session{server: m, conn: c}, nil
	}))
	server.Domain = "mail.example"
	server.TLSConfig = &tls.Config{Certificates: certificates, MinVersion: tls.VersionTLS12}
	go server.Serve(listener) //nolint:errcheck // it ends with the test
	t.Cleanup(func() { _ = server.Close() })

	m.address = listener.Addr().String()
	return m
}

type session struct {
	server *mailServer
	conn   *smtp.Conn
	known  bool
}

func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, name, pass string) error {
		s.known = name == user && pass == password
		if !s.known {
			return smtp.ErrAuthFailed
		}
		return nil
	}), nil
}

func (s *session) Mail(string, *smtp.MailOptions) error {
	if !s.known {
		return smtp.ErrAuthRequired
	}
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if strings.HasPrefix(to, "nobody@") {
		return &smtp.SMTPError{Code: 550, Message: "no such mailbox " + to}
	}
	return nil
}

func (s *session) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}

	s.server.mu.Lock()
	defer s.server.mu.Unlock()

	if s.server.cut != nil {
		s.server.cut()
		_ = s.conn.Conn().Close()
	}
	if s.server.refuse != nil {
		return s.server.refuse
	}

	_, s.server.secure = s.conn.TLSConnectionState()
	s.server.got = append(s.server.got, string(text))
	return nil
}

func (*session) Reset()        {}
func (*session) Logout() error { return nil }

func message(to string) mail.Message {
	return mail.Message{
		ID: "eml_1@shop.example", To: to, Date: time.Now(),
		Text: mail.Text{Subject: "Commande payée\r\nBcc: eve@evil.example", Plain: "plain words", HTML: "<p>rich words</p>"},
	}
}

func (m *mailServer) sender(t *testing.T, address string) *mail.SMTP {
	t.Helper()
	s, err := mail.NewSMTP(address, "Mugs <orders@shop.example>")
	if err != nil {
		t.Fatal(err)
	}
	return s.With(gomail.WithTLSPolicy(gomail.TLSMandatory), gomail.WithTLSConfig(m.client))
}

func TestAMailServerTakesAnEmail(t *testing.T) {
	t.Parallel()
	m := newMailServer(t)
	s := m.sender(t, "smtp://"+user+":p%40ss%2Fword@"+m.address)
	if err := s.Send(t.Context(), message("ada@buyer.example")); err != nil {
		t.Fatal(err)
	}

	if len(m.got) != 1 || !m.secure {
		t.Fatalf("the server got %d messages, encrypted %t", len(m.got), m.secure)
	}

	got, err := netmail.ReadMessage(strings.NewReader(m.got[0]))
	if err != nil {
		t.Fatal(err)
	}
	if got.Header.Get("Bcc") != "" || got.Header.Get("To") != "<ada@buyer.example>" ||
		got.Header.Get("Message-Id") != "<eml_1@shop.example>" || got.Header.Get("Auto-Submitted") != "auto-generated" {
		t.Errorf("got the headers %v", got.Header)
	}
	if !strings.Contains(m.got[0], "plain words") || !strings.Contains(m.got[0], "<p>rich words</p>") {
		t.Errorf("got %s", m.got[0])
	}
}

func TestWhatAMailServerRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		to      string
		user    string
		refuse  error
		address string
		final   bool
	}{
		"a mailbox that does not exist": {to: "nobody@buyer.example", final: true},
		"a message for now":             {refuse: &smtp.SMTPError{Code: 451, Message: "later"}},
		"a message for good":            {refuse: &smtp.SMTPError{Code: 554, Message: "spam"}, final: true},
		"the password":                  {user: "somebody"},
		"a connection":                  {address: "127.0.0.1:1"},
	} {
		m := newMailServer(t)
		m.refuse = c.refuse
		if c.address != "" {
			m.address = c.address
		}
		if c.user == "" {
			c.user = user
		}
		if c.to == "" {
			c.to = "ada@buyer.example"
		}

		err := m.sender(t, "smtp://"+c.user+":p%40ss%2Fword@"+m.address).Send(t.Context(), message(c.to))

		var refused *mail.Refusal
		switch {
		case !errors.As(err, &refused):
			t.Errorf("%s: got %v, want a refusal", name, err)
		case refused.Final != c.final:
			t.Errorf("%s: got %+v, want final %t", name, refused, c.final)
		case strings.Contains(refused.Why, "@"), strings.Contains(refused.Why, "ss/word"):
			t.Errorf("%s: the reason shows too much: %s", name, refused.Why)
		}
	}
}

// The connection breaks between the end of the message and the answer to it.
func TestNobodyKnowsWhetherItWasTaken(t *testing.T) {
	t.Parallel()
	m := newMailServer(t)
	m.cut = func() {}

	err := m.sender(t, "smtp://"+user+":p%40ss%2Fword@"+m.address).Send(t.Context(), message("ada@buyer.example"))
	var refused *mail.Refusal
	if err == nil || errors.As(err, &refused) {
		t.Errorf("got %v, want an error that is no refusal", err)
	}
}

func TestAPasswordIsNotSentInTheClear(t *testing.T) {
	t.Parallel()
	m := (&mailServer{}).start(t, nil) // no certificate: no STARTTLS that works
	s, err := mail.NewSMTP("smtp://"+user+":p%40ss%2Fword@"+m.address, "orders@shop.example")
	if err != nil {
		t.Fatal(err)
	}

	s = s.With(gomail.WithTLSPolicy(gomail.TLSMandatory)) // as for every server that is not on this machine
	if err := s.Send(context.Background(), message("ada@buyer.example")); err == nil || len(m.got) > 0 {
		t.Errorf("got %v and %d messages", err, len(m.got))
	}
}

func TestAddressesOfMailServers(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "mail.example", "http://mail.example", "smtp://a:secret@", "smtp://mail.example/x", "smtp://m:secret"} {
		if _, err := mail.NewSMTP(bad, "orders@shop.example"); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: got %v", bad, err)
		}
	}
	if _, err := mail.NewSMTP("smtp://mail.example", "nobody"); err == nil {
		t.Error("a sender without an address was accepted")
	}
}
