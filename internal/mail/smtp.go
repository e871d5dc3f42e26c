package mail

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"strconv"

	gomail "github.com/wneessen/go-mail"
)

// SMTP hands messages to a mail server. Each has a connection of its own.
type SMTP struct {
	from    *mail.Address
	host    string
	options []gomail.Option
}

// NewSMTP returns an SMTP for an address such as
// smtp://user:password@mail.example:587, whose connection is encrypted by
// STARTTLS, or smtps://… for TLS from the start. Only a server on this machine
// may be without encryption. The errors do not show the address.
func NewSMTP(address, from string) (*SMTP, error) {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || u.Path != "" && u.Path != "/" || u.RawQuery != "" {
		return nil, errors.New("is not an address like smtp://user:password@mail.example:587")
	}

	sender, err := mail.ParseAddress(from)
	if err != nil {
		return nil, errors.New("has a sender that is not an e-mail address")
	}

	s := &SMTP{from: sender, host: u.Hostname()}
	port := 587
	switch {
	case u.Scheme == "smtps":
		port = 465
		s.options = append(s.options, gomail.WithSSL())
	case u.Scheme != "smtp":
		return nil, errors.New("begins with neither smtp:// nor smtps://")
	case isLoopback(s.host):
		s.options = append(s.options, gomail.WithTLSPolicy(gomail.TLSOpportunistic))
	default:
		s.options = append(s.options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}

	if p := u.Port(); p != "" {
		if port, err = strconv.Atoi(p); err != nil {
			return nil, errors.New("has a port that is not a number")
		}
	}
	s.options = append(s.options, gomail.WithPort(port))

	if u.User != nil {
		password, _ := u.User.Password()
		s.options = append(s.options,
			gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover),
			gomail.WithUsername(u.User.Username()),
			gomail.WithPassword(password))
	}

	_, err = gomail.NewClient(s.host, s.options...)
	return s, err
}

// With returns a copy with more options, for tests.
func (s *SMTP) With(options ...gomail.Option) *SMTP {
	c := *s
	c.options = append(append([]gomail.Option(nil), s.options...), options...)
	return &c
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Send hands a message to the mail server.
func (s *SMTP) Send(ctx context.Context, m Message) error {
	message := gomail.NewMsg()
	message.FromMailAddress(s.from)
	if err := message.To(m.To); err != nil {
		return &Refusal{Final: true, Why: "the recipient's address is malformed"}
	}

	message.SetMessageIDWithValue(m.ID)
	message.SetDateWithValue(m.Date)
	message.SetGenHeader("Auto-Submitted", "auto-generated") // so that nobody's absence answers
	message.Subject(m.Subject)
	message.SetBodyString(gomail.TypeTextPlain, m.Plain)
	message.AddAlternativeString(gomail.TypeTextHTML, m.HTML)

	client, err := gomail.NewClient(s.host, s.options...)
	if err != nil {
		return &Refusal{Why: "the mail server's address is wrong"}
	}

	conn, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return &Refusal{Why: "no connection to the mail server, or it refused the password"}
	}

	err = client.SendWithSMTPClient(conn, message)
	_ = client.CloseWithSMTPClient(conn) // what it says no longer matters
	return explain(err)
}

// explain tells a message that was certainly not taken from one that may have
// been. The library's own text repeats the recipient.
func explain(err error) error {
	var e *gomail.SendError
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &e):
		return errors.New("mail: the mail server's answer is not known")
	case e.Reason == gomail.ErrSMTPReset:
		return nil // it was taken before
	case e.Reason == gomail.ErrSMTPDataClose && e.ErrorCode() == 0:
		return errors.New("mail: no answer to the end of the message")
	}

	code := e.ErrorCode()
	why := fmt.Sprintf("the mail server answered %d (%s)", code, e.Reason)
	if code == 0 {
		why = fmt.Sprintf("the connection broke before the end of the e-mail (%s)", e.Reason)
	}
	return &Refusal{Final: code >= 500, Why: why}
}
