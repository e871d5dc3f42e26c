package torture_test

import (
	"io"
	"maps"
	"net"
	"net/mail"
	"slices"
	"sync"
	"testing"

	"github.com/emersion/go-smtp"
)

// mailServer takes e-mails, and can stop one. It is safe for concurrent use.
type mailServer struct {
	addr string

	mu   sync.Mutex
	got  map[string]int // how often each e-mail was taken, by Message-ID
	stop func(point mailPoint)
}

// mailPoint is a place in the conversation with a mail server.
type mailPoint int

const (
	greeted mailPoint = iota // nothing is handed over
	taken                    // the whole e-mail is taken, and not answered
	told                     // the answer is on its way
)

func newMailServer(t *testing.T) *mailServer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}

	m := &mailServer{addr: listener.Addr().String(), got: map[string]int{}}
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &incoming{m}, nil }))
	go server.Serve(listener) //nolint:errcheck // it ends with the test
	t.Cleanup(func() { _ = server.Close() })

	return m
}

// settings returns those of a server that tells the shop by e-mail.
func (m *mailServer) settings() []string {
	return []string{"SMTP_URL=smtp://" + m.addr, "MAIL_FROM=orders@shop.example", "MAIL_SHOP_TO=owner@shop.example"}
}

// taken returns how often each e-mail was taken.
func (m *mailServer) taken() map[string]int {
	m.mu.Lock()
	defer m.mu.Unlock()

	return maps.Clone(m.got)
}

// setStop makes stop called at every point of each e-mail; nil: nothing.
func (m *mailServer) setStop(stop func(mailPoint)) {
	m.mu.Lock()
	defer m.mu.Unlock()

	m.stop = stop
}

func (m *mailServer) at(p mailPoint) {
	m.mu.Lock()
	stop := m.stop
	m.mu.Unlock()

	if stop != nil {
		stop(p)
	}
}

// wantOnce fails the test if an e-mail was taken twice.
func (m *mailServer) wantOnce(t *testing.T) {
	t.Helper()
	for _, id := range slices.Sorted(maps.Keys(m.taken())) {
		if n := m.taken()[id]; n > 1 {
			t.Errorf("the e-mail %s was taken %d times", id, n)
		}
	}
}

// incoming is one e-mail on its way in.
type incoming struct{ server *mailServer }

func (*incoming) Reset()                               {}
func (*incoming) Logout() error                        { return nil }
func (*incoming) Rcpt(string, *smtp.RcptOptions) error { return nil }

func (in *incoming) Mail(string, *smtp.MailOptions) error {
	in.server.at(greeted)
	return nil
}

func (in *incoming) Data(r io.Reader) error {
	text, err := mail.ReadMessage(r)
	if err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, text.Body); err != nil {
		return err // its sender was killed
	}

	in.server.mu.Lock()
	in.server.got[text.Header.Get("Message-Id")]++
	in.server.mu.Unlock()
	in.server.at(taken)
	in.server.at(told)

	return nil
}
