package payments

import (
	"strings"
	"time"

	"checkoutd/internal/orders"
)

// Instructions are what Stripe told the buyer to do away from the page: to pay
// a voucher, to send a bank transfer, to verify a bank account. They stay valid
// for days, so a payment that waits for them is under way.
type Instructions struct {
	Kind   string    // next_action.type, "" for none
	Until  time.Time // how long they are valid, zero if Stripe does not say
	URL    string    // Stripe's page that shows them; whoever has it sees the buyer's data
	Funded int64     // what a bank transfer has brought so far, in minor units
}

// KindTransfer is the type of the next action that tells the buyer where to
// send a bank transfer.
const KindTransfer = "display_bank_transfer_instructions"

// KindMicrodeposits is the type of the next action that asks the buyer to
// verify a bank account by what was deposited there.
const KindMicrodeposits = "verify_with_microdeposits"

// Slow reports whether the buyer may take days. A code to scan is paid within
// minutes, or not at all.
func (i Instructions) Slow() bool { return i.Kind != "" && !strings.HasSuffix(i.Kind, "_qr_code") }

// instructionsGrace is how long after the last day an order waits for the news
// of a payment: shops, banks and Stripe may need some working days to pass it
// on (https://docs.stripe.com/payments/vouchers).
const instructionsGrace = 3 * 24 * time.Hour

// keepOpen lets an order wait as long as its attempt's instructions are valid.
// The buyer may still choose another way to pay.
func (r rules) keepOpen(st *State, a *Attempt) {
	if a == nil || a.State != RequiresAction || st.Order.Status != orders.Open {
		return
	}

	if until := r.waitsUntil(a); until.After(st.Order.ExpiresAt) {
		st.Order.ExpiresAt = until
	}
}

// waitsUntil returns how long an attempt waits for its buyer to follow its
// instructions, zero if it has none.
func (r rules) waitsUntil(a *Attempt) time.Time {
	switch in := a.Instructions; {
	case !in.Until.IsZero():
		return in.Until.Add(instructionsGrace)
	case in.Kind == KindTransfer:
		return a.CreatedAt.Add(r.transferWait)
	}
	return time.Time{}
}

// InstructionsView is what the buyer sees of instructions.
type InstructionsView struct {
	Type      string     `json:"type"`       // Stripe's next_action.type
	ExpiresAt *time.Time `json:"expires_at"` // null: no date
	URL       string     `json:"url,omitempty"`
	Slow      bool       `json:"-"`
}

// view returns what the buyer sees of the instructions, nil for none.
func (i Instructions) view() *InstructionsView {
	if i.Kind == "" {
		return nil
	}

	v := &InstructionsView{Type: i.Kind, URL: i.URL, Slow: i.Slow()}
	if !i.Until.IsZero() {
		until := i.Until.UTC()
		v.ExpiresAt = &until
	}

	return v
}
