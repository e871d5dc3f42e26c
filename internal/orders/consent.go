package orders

import (
	"context"

	"checkoutd/internal/fault"
)

var errTermsNotAccepted = fault.InvalidField("termsAccepted", "terms_not_accepted",
	"Please agree to the terms to continue.")

// Agree returns an open order with its buyer's consent to the shop's terms,
// which it stores with the time and the version. If the shop wants it and there
// is none to that version, accepted must be true.
func (s *Service) Agree(ctx context.Context, o Order, accepted bool) (Order, error) {
	version := s.cfg.TermsVersion
	if version == "" || o.Status != Open || o.Consent.Version == version {
		return o, nil
	}
	if !accepted {
		return o, errTermsNotAccepted
	}

	return s.cfg.Store.UpdateOrder(ctx, o.ID, func(o *Order) error {
		if o.Status == Open && o.Consent.Version != version {
			o.Consent = Consent{At: s.cfg.Now().UTC(), Version: version}
		}
		return nil
	})
}
