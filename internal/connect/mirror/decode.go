package mirror

import (
	"cmp"
	"encoding/json"
	"fmt"
	"time"
)

// decoder reads Stripe's objects. Only what is mirrored has a field here, so
// that nothing else can be stored. The fields are the same in all versions of
// Stripe's API since 2022-11-15.
type decoder struct {
	cards bool // keep brand and last4
}

// reference is the ID of another object, which Stripe writes alone or expanded.
type reference struct {
	ID  string
	raw []byte // of an expanded object
}

// UnmarshalJSON reads both forms.
func (r *reference) UnmarshalJSON(data []byte) error {
	if len(data) == 0 || data[0] != '{' {
		return json.Unmarshal(data, &r.ID) // null leaves it empty
	}

	var expanded struct {
		ID string `json:"id"`
	}
	err := json.Unmarshal(data, &expanded)
	r.ID, r.raw = expanded.ID, append([]byte(nil), data...)

	return err
}

type intentJSON struct {
	ID             string    `json:"id"`
	Amount         int64     `json:"amount"`
	AmountReceived int64     `json:"amount_received"`
	ApplicationFee int64     `json:"application_fee_amount"`
	Currency       string    `json:"currency"`
	Status         string    `json:"status"`
	LatestCharge   reference `json:"latest_charge"`
	Created        int64     `json:"created"`
	CanceledAt     int64     `json:"canceled_at"`
	LastError      struct {
		Code        string `json:"code"`
		DeclineCode string `json:"decline_code"`
	} `json:"last_payment_error"`
}

type chargeJSON struct {
	ID             string    `json:"id"`
	PaymentIntent  reference `json:"payment_intent"`
	Amount         int64     `json:"amount"`
	AmountCaptured int64     `json:"amount_captured"`
	AmountRefunded int64     `json:"amount_refunded"`
	Currency       string    `json:"currency"`
	Status         string    `json:"status"`
	Disputed       bool      `json:"disputed"`
	FailureCode    string    `json:"failure_code"`
	Created        int64     `json:"created"`
	Balance        reference `json:"balance_transaction"`
	Outcome        struct {
		Reason string `json:"reason"`
	} `json:"outcome"`
	Method struct {
		Card struct {
			Brand string `json:"brand"`
			Last4 string `json:"last4"`
		} `json:"card"`
	} `json:"payment_method_details"`
}

type refundJSON struct {
	ID            string    `json:"id"`
	Charge        reference `json:"charge"`
	PaymentIntent reference `json:"payment_intent"`
	Amount        int64     `json:"amount"`
	Currency      string    `json:"currency"`
	Status        string    `json:"status"`
	Reason        string    `json:"reason"`
	Created       int64     `json:"created"`
}

type disputeJSON struct {
	ID            string        `json:"id"`
	Charge        reference     `json:"charge"`
	PaymentIntent reference     `json:"payment_intent"`
	Amount        int64         `json:"amount"`
	Currency      string        `json:"currency"`
	Status        string        `json:"status"`
	Reason        string        `json:"reason"`
	Created       int64         `json:"created"`
	Balance       []balanceJSON `json:"balance_transactions"`
}

type balanceJSON struct {
	ID       string    `json:"id"`
	Type     string    `json:"type"`
	Source   reference `json:"source"`
	Fee      int64     `json:"fee"`
	Currency string    `json:"currency"`
}

type eventJSON struct {
	ID      string `json:"id"`
	Type    string `json:"type"`
	Created int64  `json:"created"`
	Data    struct {
		Object json.RawMessage `json:"object"`
	} `json:"data"`
}

// cursor returns the ID and the creation of an object in a list.
func cursor(object []byte) (id string, created time.Time, err error) {
	var v struct {
		ID      string `json:"id"`
		Created int64  `json:"created"`
	}
	if err := json.Unmarshal(object, &v); err != nil {
		return "", time.Time{}, fmt.Errorf("mirror: read an object of a list: %w", err)
	}
	return v.ID, unix(v.Created), nil
}

// add reads an object of a list, or of an event, into b. An object of any other
// kind adds nothing.
func (d decoder) add(b *Batch, object []byte, asOf time.Time) error {
	var kind struct {
		Object string `json:"object"`
	}
	if err := json.Unmarshal(object, &kind); err != nil {
		return fmt.Errorf("mirror: read an object: %w", err)
	}

	var err error
	switch kind.Object {
	case "payment_intent":
		err = decode(object, func(v *intentJSON) { b.Payments = append(b.Payments, v.payment(asOf)) })
	case "charge":
		err = d.addCharge(b, object, asOf)
	case "refund":
		err = decode(object, func(v *refundJSON) { b.Refunds = append(b.Refunds, v.refund(asOf)) })
	case "dispute":
		err = decode(object, func(v *disputeJSON) { b.Disputes = append(b.Disputes, v.dispute(asOf)) })
	case "balance_transaction":
		err = decode(object, func(v *balanceJSON) { b.addFee(v, v.Source.ID) })
	case "event":
		var e eventJSON
		if err = json.Unmarshal(object, &e); err == nil {
			err = d.add(b, e.Data.Object, unix(e.Created))
		}
	}

	if err != nil {
		return fmt.Errorf("mirror: read a %s: %w", kind.Object, err)
	}

	return nil
}

// decode passes an object to add.
func decode[T any](object []byte, add func(*T)) error {
	var v T
	if err := json.Unmarshal(object, &v); err != nil {
		return err
	}
	add(&v)
	return nil
}

func (v *intentJSON) payment(asOf time.Time) Payment {
	return Payment{
		ID:             v.ID,
		Amount:         v.Amount,
		Received:       v.AmountReceived,
		ApplicationFee: v.ApplicationFee,
		Currency:       v.Currency,
		Status:         v.Status,
		LatestCharge:   v.LatestCharge.ID,
		ErrorCode:      v.LastError.Code,
		DeclineCode:    v.LastError.DeclineCode,
		CreatedAt:      unix(v.Created),
		CanceledAt:     unix(v.CanceledAt),
		Reading:        Reading{phaseOf(PaymentIntents, v.Status), asOf, stepOf(v.Status, v.LastError.Code)},
	}
}

func (d decoder) addCharge(b *Batch, object []byte, asOf time.Time) error {
	var v chargeJSON
	if err := json.Unmarshal(object, &v); err != nil {
		return err
	}

	ch := Charge{
		ID:          v.ID,
		PaymentID:   v.PaymentIntent.ID,
		Amount:      v.Amount,
		Captured:    v.AmountCaptured,
		Refunded:    v.AmountRefunded,
		Currency:    v.Currency,
		Status:      v.Status,
		Disputed:    v.Disputed,
		FailureCode: v.FailureCode,
		CreatedAt:   unix(v.Created),
		// Money that was captured, and then given back, within one second.
		Reading: Reading{phaseOf(Charges, v.Status), asOf, v.AmountCaptured + v.AmountRefunded},
	}

	if v.Status == "failed" {
		ch.DeclineCode = cmp.Or(v.Outcome.Reason, v.FailureCode)
	}

	if v.Disputed {
		ch.Phase = 2 // for good, and no event shows the charge when it happens
	}
	if d.cards {
		ch.CardBrand, ch.CardLast4 = v.Method.Card.Brand, v.Method.Card.Last4
	}

	b.Charges = append(b.Charges, ch)
	if v.Balance.raw == nil {
		return nil
	}

	return decode(v.Balance.raw, func(bt *balanceJSON) { b.addFee(bt, v.ID) })
}

// addFee adds the fee of a charge. Payments by other methods than cards have
// balance transactions of type payment
// (https://docs.stripe.com/reports/balance-transaction-types).
func (b *Batch) addFee(v *balanceJSON, chargeID string) {
	if chargeID != "" && (v.Type == "charge" || v.Type == "payment") {
		b.Fees = append(b.Fees, Fee{chargeID, v.Fee, v.Currency})
	}
}

func (v *refundJSON) refund(asOf time.Time) Refund {
	return Refund{
		ID:        v.ID,
		ChargeID:  v.Charge.ID,
		PaymentID: v.PaymentIntent.ID,
		Amount:    v.Amount,
		Currency:  v.Currency,
		Status:    v.Status,
		Reason:    v.Reason,
		CreatedAt: unix(v.Created),
		Reading:   Reading{phaseOf(Refunds, v.Status), asOf, 0},
	}
}

func (v *disputeJSON) dispute(asOf time.Time) Dispute {
	d := Dispute{
		ID:        v.ID,
		ChargeID:  v.Charge.ID,
		PaymentID: v.PaymentIntent.ID,
		Amount:    v.Amount,
		Currency:  v.Currency,
		Status:    v.Status,
		Reason:    v.Reason,
		CreatedAt: unix(v.Created),
		// Each thing that happens to its money adds a transaction.
		Reading: Reading{phaseOf(Disputes, v.Status), asOf, int64(len(v.Balance))},
	}

	for _, bt := range v.Balance {
		d.Fee += bt.Fee
		d.FeeCurrency = bt.Currency
	}

	return d
}

// unix returns a time of Stripe's, zero for 0.
func unix(seconds int64) time.Time {
	if seconds == 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}
