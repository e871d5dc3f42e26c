package desk

import (
	"maps"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/payments"
	"checkoutd/internal/sandbox/wire"
)

// Ledger is a read-only copy of all payments. Tests compare it with what a shop
// believes.
type Ledger struct {
	Charges []LedgerCharge `json:"charges"` // oldest first
	Intents []LedgerIntent `json:"intents"`
}

// LedgerCharge is one charge.
type LedgerCharge struct {
	ID             string            `json:"id"`
	Account        string            `json:"account"`
	PaymentIntent  string            `json:"payment_intent"`
	Customer       string            `json:"customer"`
	Amount         int64             `json:"amount"` // minor units
	AmountCaptured int64             `json:"amount_captured"`
	AmountRefunded int64             `json:"amount_refunded"`
	Currency       string            `json:"currency"`
	Status         string            `json:"status"` // succeeded, pending, failed
	Captured       bool              `json:"captured"`
	Refunded       bool              `json:"refunded"`
	Disputed       bool              `json:"disputed"`
	FailureCode    string            `json:"failure_code,omitempty"`
	Metadata       map[string]string `json:"metadata"`
	Created        int64             `json:"created"`
}

// LedgerIntent is one PaymentIntent.
type LedgerIntent struct {
	ID             string            `json:"id"`
	Account        string            `json:"account"`
	Customer       string            `json:"customer"`
	Amount         int64             `json:"amount"`
	AmountReceived int64             `json:"amount_received"`
	Currency       string            `json:"currency"`
	Status         string            `json:"status"`
	LatestCharge   string            `json:"latest_charge"`
	Metadata       map[string]string `json:"metadata"`
	Created        int64             `json:"created"`
}

// Ledger returns the charges and intents of every account at one moment. It
// leaves out what has not changed since it was generated as an account's past,
// which may be millions: AccountLedger counts that.
func (s *Management) Ledger() Ledger {
	s.srv.Store.RLock()
	defer s.srv.Store.RUnlock()

	out := Ledger{Charges: []LedgerCharge{}, Intents: []LedgerIntent{}}
	for _, account := range s.srv.Store.Accounts() {
		for obj := range account.Stored(api.KindCharge) {
			if ch, ok := obj.(*payments.Charge); ok {
				out.Charges = append(out.Charges, ledgerCharge(account.ID, ch))
			}
		}

		for obj := range account.Stored(api.KindIntent) {
			if pi, ok := obj.(*payments.PaymentIntent); ok {
				out.Intents = append(out.Intents, ledgerIntent(account.ID, pi))
			}
		}
	}

	return out
}

func ledgerCharge(account string, ch *payments.Charge) LedgerCharge {
	return LedgerCharge{
		ID:             ch.ID,
		Account:        account,
		PaymentIntent:  wire.Deref(ch.PaymentIntent),
		Customer:       wire.Deref(ch.Customer),
		Amount:         ch.Amount,
		AmountCaptured: ch.AmountCaptured,
		AmountRefunded: ch.AmountRefunded,
		Currency:       ch.Currency,
		Status:         ch.Status,
		Captured:       ch.Captured,
		Refunded:       ch.Refunded,
		Disputed:       ch.Disputed,
		FailureCode:    wire.Deref(ch.FailureCode),
		Metadata:       maps.Clone(ch.Metadata),
		Created:        ch.Created,
	}
}

func ledgerIntent(account string, pi *payments.PaymentIntent) LedgerIntent {
	return LedgerIntent{
		ID:             pi.ID,
		Account:        account,
		Customer:       wire.Deref(pi.Customer),
		Amount:         pi.Amount,
		AmountReceived: pi.AmountReceived,
		Currency:       pi.Currency,
		Status:         pi.Status,
		LatestCharge:   wire.Deref(pi.LatestCharge),
		Metadata:       maps.Clone(pi.Metadata),
		Created:        pi.Created,
	}
}
