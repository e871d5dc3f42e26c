package mail

import (
	"context"
	"errors"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/payments"
	"checkoutd/internal/queue"
	"checkoutd/internal/tracing"
)

// Recipient is who gets an e-mail.
type Recipient string

// The recipients.
const (
	Buyer Recipient = "buyer"
	Shop  Recipient = "shop"
)

// State is the state of an e-mail; doc.go draws the transitions.
type State string

// The states.
const (
	Due     State = "due"
	Sending State = "sending"
	Sent    State = "sent"
	Failed  State = "failed"
	Unknown State = "unknown"
	Skipped State = "skipped"
)

// Email is an e-mail about an effect. Its text is made when it is sent, and is
// not stored.
type Email struct {
	ID        string
	EffectID  string
	OrderID   string
	Kind      string // of the effect, such as order.paid
	Subject   string // of the effect, such as the ID of a refund
	Recipient Recipient
	State     State
	Tries     int64
	Problem   string // why the last try failed; never an address
	Trace     string // the span that the sending continues, a W3C traceparent; "" if it is not traced
	CreatedAt time.Time
	DoneAt    time.Time

	Claim queue.Claim
}

// Store keeps e-mails. Every method is one transaction and safe for concurrent
// use from several processes.
type Store interface {
	// ClaimEmails claims up to n e-mails that are due and marks them as
	// sending. An e-mail whose sender died becomes unknown.
	ClaimEmails(ctx context.Context, now, leaseUntil time.Time, n int) ([]Email, error)
	// EndEmail sets the state of a claimed e-mail, and when it is due again if
	// that is Due. A lost claim returns queue.ErrClaimLost.
	EndEmail(ctx context.Context, l Email, dueAt time.Time) error
	// Read returns the state of an order.
	Read(ctx context.Context, orderID string) (*payments.State, error)
}

// Sender hands a message to a mail server.
type Sender interface {
	// Send returns nil once the server has taken the message. The error is a
	// *Refusal, unless it is unknown whether the server did.
	Send(ctx context.Context, m Message) error
}

// Message is an e-mail as it is sent.
type Message struct {
	ID   string // the same in every try
	To   string
	Date time.Time
	Text
}

// Text is what an e-mail says.
type Text struct {
	Subject string
	Plain   string
	HTML    string
}

// Refusal is the error of a message that the mail server did certainly not
// take.
type Refusal struct {
	Final bool   // another try would be refused, too
	Why   string // for the log; never an address
}

func (r *Refusal) Error() string { return "mail: " + r.Why }

// Config is what a Service needs.
type Config struct {
	Store    Store
	Sender   Sender
	Writer   *Writer
	ShopTo   string // the shop's address, "" if it wants no e-mails
	Now      func() time.Time
	Log      zerolog.Logger
	Hostname string // the right side of Message-IDs
	Meter    Meter  // may be nil
}

// Meter counts e-mails.
type Meter interface {
	// EmailTried is called after each try to send an e-mail, with the state
	// after it.
	EmailTried(state string)
}

// Service sends e-mails. It is safe for concurrent use.
type Service struct {
	cfg    Config
	runner *queue.Runner[Email]
}

const (
	workers  = 2
	lease    = 5 * time.Minute
	timeout  = time.Minute        // of one try
	patience = 3 * 24 * time.Hour // after which an e-mail fails
)

// New returns a Service whose work starts with Run.
func New(c Config) *Service {
	s := &Service{cfg: c}
	s.runner = queue.New(queue.Config[Email]{
		Name:    "emails",
		Workers: workers,
		Batch:   workers, // a claimed e-mail that nobody sends would become unknown
		Lease:   lease,
		Poll:    2 * time.Second,
		Now:     c.Now,
		Log:     c.Log,
		Claim:   c.Store.ClaimEmails,
		Work:    s.work,
		Release: func(ctx context.Context, l Email) error {
			l.State, l.Tries = Due, l.Tries-1
			return c.Store.EndEmail(ctx, l, c.Now())
		},
	})
	return s
}

// Run sends e-mails until ctx ends, then waits for those in flight.
func (s *Service) Run(ctx context.Context) { s.runner.Run(ctx) }

// RunOnce sends one batch and returns how many e-mails there were.
func (s *Service) RunOnce(ctx context.Context) (int, error) { return s.runner.RunOnce(ctx) }

// Wake makes Run look for e-mails at once. It never blocks.
func (s *Service) Wake() { s.runner.Wake() }

// work sends one e-mail and stores what became of it.
func (s *Service) work(ctx context.Context, l Email) error {
	ctx, span := tracing.Begin(ctx, tracing.Call, "email "+l.Kind,
		tracing.EmailID(l.ID), tracing.EffectID(l.EffectID), tracing.OrderID(l.OrderID), tracing.Tries(l.Tries))
	defer span.End()
	tracing.Continue(ctx, tracing.Parent{Trace: l.Trace, Since: l.CreatedAt})

	dueAt := time.Time{}
	err := s.send(ctx, &l)

	var refused *Refusal
	switch {
	case errors.As(err, &refused):
		l.State, l.Problem = Failed, refused.Why
		if !refused.Final && s.cfg.Now().Sub(l.CreatedAt) < patience {
			l.State = Due
			dueAt = s.cfg.Now().Add(queue.Backoff(int(l.Tries), 10*time.Second, 6*time.Hour))
		}
	case err != nil:
		l.State, l.Problem = Unknown, "the connection broke after the whole e-mail had been handed over"
	}

	span.Set(tracing.State(string(l.State)))
	if err != nil {
		span.Fail()
	}

	s.report(ctx, l)
	if s.cfg.Meter != nil {
		s.cfg.Meter.EmailTried(string(l.State))
	}

	commit, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeout)
	defer cancel()
	return s.cfg.Store.EndEmail(commit, l, dueAt)
}

// send sends an e-mail and sets its state if there is no error. What goes wrong
// before the mail server is asked is a Refusal.
func (s *Service) send(ctx context.Context, l *Email) error {
	st, err := s.cfg.Store.Read(ctx, l.OrderID)
	if err != nil {
		return &Refusal{Why: "the order could not be read"}
	}

	to := s.cfg.ShopTo
	if l.Recipient == Buyer {
		to = st.Order.Contact.Email
	}
	if to == "" {
		l.State = Skipped
		return nil
	}

	text, err := s.cfg.Writer.write(*l, st)
	if err != nil {
		s.cfg.Log.Error().Ctx(ctx).Err(err).Str("kind", l.Kind).Msg("an e-mail's template does not work")
		return &Refusal{Why: "its template does not work"}
	}

	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	err = s.cfg.Sender.Send(ctx, Message{
		ID:   l.ID + "@" + s.cfg.Hostname,
		To:   to,
		Date: l.CreatedAt,
		Text: text,
	})
	if err == nil {
		l.State, l.Problem = Sent, ""
	}
	return err
}

// report writes the log line about a try.
func (s *Service) report(ctx context.Context, l Email) {
	line := s.cfg.Log.Info()
	switch l.State {
	case Due:
		line = s.cfg.Log.Warn()
	case Failed, Unknown:
		line = s.cfg.Log.Error()
	}

	line.
		Ctx(ctx).
		Str("email_id", l.ID).
		Str("order_id", l.OrderID).
		Str("kind", l.Kind).
		Str("recipient", string(l.Recipient)).
		Str("state", string(l.State)).
		Int64("tries", l.Tries).
		Str("problem", l.Problem).
		Msg("email")
}
