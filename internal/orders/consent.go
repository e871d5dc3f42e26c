package orders

import (
	"context"

	"checkoutd/internal/fault"
)

var errTermsNotAccepted = fault.InvalidField("termsAccepted", "terms_not_accepted",
	"Please agree to the terms to continue.")

// errTermsChanged refuses consent to terms that are not the shop's any more:
// the page was open while they changed.
var errTermsChanged = fault.InvalidField("termsVersion", "terms_changed",
	"The terms have changed. Please reload the page to read the new ones.")

// Agree returns an open order with its buyer's consent to the shop's terms,
// which it stores with the time and the version. If the shop wants it and there
// is none to that version, accepted must be true, and shown be the version that
// the page showed; a front end of the shop's own that sends none is believed. A
// payment that began under other terms goes on.
func (s *Service) Agree(ctx context.Context, o Order, accepted bool, shown string) (Order, error) {
	version := s.cfg.TermsVersion

	switch {
	case version == "" || o.Status != Open || o.Consent.Version == version || o.paymentStarted():
		return o, nil
	case !accepted:
		return o, errTermsNotAccepted
	case shown != "" && shown != version:
		return o, errTermsChanged
	}

	return s.cfg.Store.UpdateOrder(ctx, o.ID, func(o *Order) error {
		if o.Status == Open && o.Consent.Version != version {
			o.Consent = Consent{At: s.cfg.Now().UTC(), Version: version}
		}
		return nil
	})
}
