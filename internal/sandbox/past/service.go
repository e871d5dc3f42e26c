package past

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/connect"
)

// Service gives accounts their histories. It is safe for concurrent use.
type Service struct {
	srv    *api.Server
	owners *connect.Service
	shapes func() (*shapes, error) // made on first use
}

// New returns a service. studio returns a server with all modules, on which the
// service makes the objects that those of a history are copies of.
func New(srv *api.Server, owners *connect.Service, studio func() *api.Server) *Service {
	return &Service{srv, owners, sync.OnceValues(func() (*shapes, error) { return makeShapes(studio()) })}
}

// Request asks for accounts with a history, or for the history of an account.
type Request struct {
	Seed     uint64 `json:"seed"`     // the same seed, the same accounts and payments
	Accounts int    `json:"accounts"` // how many to make; 0 = 1
	Account  string `json:"account"`  // one that exists, instead of new ones
	Payments int    `json:"payments"` // of each account; 0 = 10,000
	Months   int    `json:"months"`   // of 30 days; 0 = 6
	Until    int64  `json:"until"`    // the end, in Unix seconds; 0 = now
	Currency string `json:"currency"` // of most payments; "" = the account's
	Scope    string `json:"scope"`    // connects the new accounts; "" leaves that to their owners
}

// RequestError is a request that cannot be fulfilled.
type RequestError struct{ text string }

func (e *RequestError) Error() string { return e.text }

const maxAccounts = 10_000

// check fills in the defaults and refuses what makes no sense.
func (r *Request) check(now time.Time) error {
	r.Accounts, r.Payments, r.Months = cmp.Or(r.Accounts, 1), cmp.Or(r.Payments, 10_000), cmp.Or(r.Months, 6)
	r.Until, r.Currency = cmp.Or(r.Until, now.Unix()), strings.ToLower(r.Currency)

	switch {
	case r.Payments < 1 || r.Payments > MaxPayments:
		return &RequestError{fmt.Sprintf("payments must be between 1 and %d", MaxPayments)}
	case r.Accounts < 1 || r.Accounts > maxAccounts:
		return &RequestError{fmt.Sprintf("accounts must be between 1 and %d", maxAccounts)}
	case r.Accounts*r.Payments > 2*MaxPayments:
		return &RequestError{fmt.Sprintf("accounts times payments must be at most %d", 2*MaxPayments)}
	case r.Months < 1 || r.Months > 120:
		return &RequestError{"months must be between 1 and 120"}
	case r.Account != "" && (r.Accounts > 1 || r.Scope != ""):
		return &RequestError{"account names one account that exists: leave accounts and scope out"}
	case r.Currency != "" && !api.KnownCurrency(r.Currency):
		return &RequestError{"unknown currency " + r.Currency}
	case r.Scope != "" && r.Scope != api.ScopeReadOnly && r.Scope != api.ScopeReadWrite:
		return &RequestError{"scope must be read_only or read_write, or left out"}
	case r.Until > now.Unix():
		return &RequestError{"until must not be in the future"}
	}

	return nil
}

// Fill makes the accounts of a request, or gives one its history, and returns
// their IDs. What exists with the same parameters already is left as it is.
func (s *Service) Fill(r Request) ([]string, error) {
	if err := r.check(s.srv.Now()); err != nil {
		return nil, err
	}

	shapes, err := s.shapes()
	if err != nil {
		return nil, err
	}

	out := []string{r.Account}
	if r.Account == "" {
		out = out[:0]
		for i := range r.Accounts {
			d := dice(r.Seed)
			d = dice(d.next() + uint64(i)) //nolint:gosec // not negative
			out = append(out, "acct_1Sbx"+d.text(12))
		}
	}

	for i, id := range out {
		if err := s.fill(id, i, &r, shapes); err != nil {
			return nil, err
		}
	}

	return out, nil
}

// fill gives one account its history.
func (s *Service) fill(id string, i int, r *Request, shapes *shapes) error {
	p := Params{
		Seed:     r.Seed + uint64(i), //nolint:gosec // not negative
		Payments: r.Payments,
		From:     r.Until - int64(r.Months)*30*day,
		To:       r.Until,
		Currency: r.Currency,
	}

	if obj, exists := s.srv.Lookup(api.PlatformAccount, id); exists {
		acct, ok := obj.(*api.Record)
		if !ok || acct.Kind != api.KindAccount {
			return &RequestError{id + " is no account"}
		}

		p.Currency = cmp.Or(p.Currency, acct.Text("default_currency"))
	} else if r.Account != "" {
		return &RequestError{"there is no account " + id}
	}

	p.Currency = cmp.Or(p.Currency, "usd")
	h := newHistory(id, s.base(), p, shapes)

	err := s.owners.Open(connect.Opening{
		Account:  id,
		Name:     fmt.Sprintf("Seeded shop %d", i+1),
		Currency: p.Currency,
		Created:  p.From,
		Scope:    r.Scope,
		Past:     h,
		Params:   api.Past(p),
	})
	if errors.Is(err, connect.ErrOtherPast) {
		return &RequestError{id + " has another history already: use another seed, or reset the sandbox"}
	}

	return err
}

// base returns the URL of the sandbox.
func (s *Service) base() string {
	return strings.TrimSuffix(cmp.Or(s.srv.Config.BaseURL, "http://127.0.0.1:12111"), "/")
}

var errParams = errors.New("the history of an account cannot be read")

// Restore gives the accounts of a state file their histories back.
func (s *Service) Restore() error {
	for _, acct := range s.owners.WithPast() {
		p := Params(*acct.Private.Past)
		if !p.known() {
			return fmt.Errorf("%w: %s", errParams, acct.ID)
		}

		shapes, err := s.shapes()
		if err != nil {
			return err
		}

		s.srv.SetPast(acct.ID, newHistory(acct.ID, s.base(), p, shapes))
	}

	return nil
}
