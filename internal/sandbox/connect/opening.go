package connect

import (
	"errors"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/memory"
)

// Opening is an account with a past, or the past of an account that exists.
type Opening struct {
	Account  string // its ID
	Name     string
	Currency string
	Created  int64
	Scope    string // connects a new account; "" leaves that to its owner
	Past     memory.Past
	Params   api.Past
}

// ErrOtherPast is returned if the account has another past already.
var ErrOtherPast = errors.New("the account has another past")

// Open stores the account of an opening unless it exists, and gives it its
// past.
func (s *Service) Open(o Opening) error {
	err := s.update(api.PlatformAccount, func(c *call) error {
		acct, exists := c.existing(o.Account)
		switch {
		case !exists:
			acct = c.newOwned(o.Account, "standard", "")
			acct.Fields["created"], acct.Fields["default_currency"] = o.Created, o.Currency

			if profile, ok := acct.Fields["business_profile"].(map[string]any); ok {
				profile["name"] = o.Name
			}

		case acct.Private.Past != nil && *acct.Private.Past != o.Params:
			return ErrOtherPast
		case acct.Private.Past != nil:
			return nil
		}

		next := *acct
		next.Private.Past = &o.Params
		c.Tx.Put(&next)

		if !exists && o.Scope != "" {
			c.link(&next, o.Scope)
		}

		return nil
	})

	if err == nil {
		s.srv.SetPast(o.Account, o.Past)
	}

	return err
}

// WithPast returns the accounts that have a past.
func (s *Service) WithPast() []*api.Record {
	s.srv.Store.RLock()
	defer s.srv.Store.RUnlock()

	var out []*api.Record
	for _, kind := range []string{api.KindAccount, api.KindApart} {
		for obj := range s.srv.Store.OfKind(api.PlatformAccount, kind) {
			if acct, ok := obj.(*api.Record); ok && acct.Private.Past != nil {
				out = append(out, acct)
			}
		}
	}

	return out
}
