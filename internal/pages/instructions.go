package pages

import (
	"context"
	"strings"

	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/texts"
)

// instructionsView shows what the buyer has to do away from the page, such as
// paying a voucher.
type instructionsView struct {
	texts.Instructions
	Date dateView // the last day, empty for none
	URL  string   // Stripe's page with the instructions, "" for none
	slow bool     // days rather than minutes
}

// awaiting is the state of a page that shows instructions.
const awaiting = "awaiting"

// instructions returns what the buyer of an open order has to do away from the
// page, nil for nothing.
func (p *Pages) instructions(ctx context.Context, loc locale, o orders.View) (*instructionsView, error) {
	if o.Status != orders.Open || o.PaymentStatus != orders.RequiresAction {
		return nil, nil
	}

	answer, _, err := p.cfg.Payments.Resume(ctx, o.ID)
	if err != nil || answer.Instructions == nil {
		return nil, err
	}

	in := answer.Instructions
	v := &instructionsView{
		Instructions: loc.texts.Instructions[kindOf(in.Type)],
		slow:         in.Slow,
	}

	// Nothing else is a page, and what Stripe says becomes a link.
	if strings.HasPrefix(in.URL, "https://") || strings.HasPrefix(in.URL, "http://") {
		v.URL = in.URL
	}

	if in.ExpiresAt != nil {
		v.Date = loc.date(*in.ExpiresAt)
	}

	return v, nil
}

// kindOf returns the key of the texts for Stripe's next_action.type.
func kindOf(actionType string) string {
	switch {
	case actionType == payments.KindTransfer:
		return "transfer"
	case actionType == payments.KindMicrodeposits:
		return "verification"
	case strings.HasSuffix(actionType, "_qr_code"):
		return "code"
	}
	return "voucher"
}
