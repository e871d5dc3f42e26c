package past

import (
	"fmt"
	"strconv"
	"time"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/payments"
)

// shape returns the objects that the payment is like.
func (h *History) shape(f *fact) *shape {
	switch f.end {
	case declined:
		return &h.shapes.declined[f.card%len(h.shapes.declined)]
	case abandoned:
		return &h.shapes.abandoned
	case canceled:
		return &h.shapes.canceled
	}
	return &h.shapes.paid[f.card%len(h.shapes.paid)]
}

// description is what the shop called an order.
func description(f *fact) *string { return new("Order " + strconv.Itoa(100_000+f.n)) }

func metadata(f *fact) map[string]string {
	return map[string]string{"order": strconv.Itoa(100_000 + f.n)}
}

func (h *History) intent(f *fact) *payments.PaymentIntent {
	pi := *h.shape(f).intent
	pi.ID = h.id(isIntent, f.n)
	pi.ClientSecret = pi.ID + "_secret_" + h.params.of(f.n, purposeText).text(25)
	pi.Amount, pi.Currency, pi.Created = f.amount, f.currency, f.created
	pi.Description, pi.Metadata = description(f), metadata(f)

	if f.hasCharge() {
		pi.LatestCharge = new(h.id(isCharge, f.n))
	}

	switch f.end {
	case paid:
		pi.AmountReceived, pi.PaymentMethod = f.amount, new(h.id(isMethod, f.n))
	case declined:
		e := *pi.LastPaymentError
		e.Charge, e.PaymentMethod = *pi.LatestCharge, h.method(f)
		pi.LastPaymentError = &e

	case canceled:
		pi.CanceledAt = new(min(f.created+hour, h.params.To))
	}

	return &pi
}

func (h *History) method(f *fact) *payments.PaymentMethod {
	pm := *h.shape(f).method
	pm.ID, pm.Created = h.id(isMethod, f.n), f.created
	return &pm
}

func (h *History) charge(f *fact) *payments.Charge {
	ch := *h.shape(f).charge
	ch.ID = h.id(isCharge, f.n)
	ch.Amount, ch.Currency, ch.Created = f.amount, f.currency, f.created
	ch.Description, ch.Metadata = description(f), metadata(f)
	ch.PaymentIntent, ch.PaymentMethod = new(h.id(isIntent, f.n)), new(h.id(isMethod, f.n))

	text, details, cd := h.params.of(f.n, purposeText), *ch.PaymentMethodDetails, *ch.PaymentMethodDetails.Card
	cd.AmountAuthorized, cd.Overcapture.MaximumAmountCapturable = f.amount, f.amount
	cd.AuthorizationCode = new(fmt.Sprintf("%06d", text.below(1_000_000)))
	cd.NetworkTransactionID = new(text.text(15))
	details.Card = &cd
	ch.PaymentMethodDetails = &details

	if f.end != paid {
		return &ch
	}

	ch.AmountCaptured = f.amount
	ch.AmountRefunded, ch.Refunded = f.refund, f.refund == f.amount
	ch.BalanceTransaction = new(h.id(txnOfCharge, f.n))
	ch.ReceiptURL = new(h.base + "/receipts/" + ch.ID)

	if f.disputeAt > 0 {
		ch.Disputed, ch.Dispute = true, new(h.id(isDispute, f.n))
	}

	return &ch
}

func (h *History) refund(f *fact) *payments.Refund {
	re := *h.shapes.refund
	re.ID, re.Amount, re.Currency, re.Created = h.id(isRefund, f.n), f.refund, f.currency, f.refundAt
	re.Charge, re.PaymentIntent = new(h.id(isCharge, f.n)), new(h.id(isIntent, f.n))
	re.BalanceTransaction = new(h.id(txnOfRefund, f.n))

	to, cd := *re.DestinationDetails, *re.DestinationDetails.Card
	cd.Reference = fmt.Sprintf("%016d", h.params.of(f.n, isRefund).below(1e15))
	to.Card = &cd
	re.DestinationDetails = &to

	return &re
}

func (h *History) dispute(f *fact) *payments.Dispute {
	d := *h.shapes.open
	switch {
	case f.disputeWon:
		d = *h.shapes.won
	case f.decidedAt > 0:
		d = *h.shapes.lost
	}

	d.ID, d.Amount, d.Currency, d.Created = h.id(isDispute, f.n), f.amount, f.currency, f.disputeAt
	d.Charge, d.PaymentIntent = h.id(isCharge, f.n), new(h.id(isIntent, f.n))
	d.EvidenceDetails.DueBy = new(f.disputeAt + 9*day)

	details, cd := *d.PaymentMethodDetails, *d.PaymentMethodDetails.Card
	cd.Brand = h.shape(f).charge.PaymentMethodDetails.Card.Brand
	details.Card = &cd
	d.PaymentMethodDetails = &details

	n := uint32(f.n) //nolint:gosec // at most MaxPayments
	d.BalanceTransactions = []payments.BalanceTransaction{*h.txn(moment{f.disputeAt, n, txnWithdrawn})}
	if f.disputeWon {
		d.BalanceTransactions = append(d.BalanceTransactions, *h.txn(moment{f.decidedAt, n, txnReturned}))
	}

	d.BalanceTransaction = &d.BalanceTransactions[0].ID

	return &d
}

// txn returns a balance transaction.
func (h *History) txn(m moment) *payments.BalanceTransaction {
	if m.kind == txnOfPayout {
		return h.payoutTxn(int(m.n))
	}

	f := h.params.fact(int(m.n))
	bt := *h.shapes.txn
	source, amount, fee := byte(isCharge), f.amount, payments.UsualFee(f.amount, f.currency)

	switch m.kind {
	case txnOfCharge:
		bt.Description = description(&f)
	case txnOfRefund:
		bt, source, amount, fee = *h.shapes.refundTxn, isRefund, -f.refund, 0
	case txnWithdrawn:
		bt, source, amount, fee = *h.shapes.withdrawn, isDispute, -f.amount, h.shapes.withdrawn.Fee
	case txnReturned:
		bt, source, amount, fee = *h.shapes.returned, isDispute, f.amount, h.shapes.returned.Fee
	}

	bt.ID, bt.Source = h.id(m.kind, f.n), new(h.id(source, f.n))
	bt.Amount, bt.Fee, bt.Net, bt.Currency = amount, fee, amount-fee, f.currency
	bt.Created, bt.AvailableOn = m.at, m.at+fundsDelay
	bt.Status = "pending"
	if bt.AvailableOn <= h.params.To {
		bt.Status = "available"
	}

	details := make([]payments.FeeDetail, len(bt.FeeDetails))
	for i, detail := range bt.FeeDetails {
		detail.Amount, detail.Currency = fee, f.currency
		details[i] = detail
	}

	bt.FeeDetails = details

	return &bt
}

func (h *History) payout(n int) *api.Record {
	p := h.payouts[n]
	rec := h.shapes.payout.With(map[string]any{
		"id":                  h.id(isPayout, n),
		"amount":              p.amount,
		"arrival_date":        p.at + int64((48 * time.Hour).Seconds()),
		"automatic":           false,
		"balance_transaction": h.id(txnOfPayout, n),
		"created":             p.at,
		"currency":            h.params.Currency,
		"destination":         "ba" + idMark + h.tag + h.params.of(0, isPayout).text(15),
	})

	rec.ID = api.TextOf(rec.Fields["id"])

	return rec
}

func (h *History) payoutTxn(n int) *payments.BalanceTransaction {
	p, bt := h.payouts[n], *h.shapes.payoutTxn
	bt.ID, bt.Source = h.id(txnOfPayout, n), new(h.id(isPayout, n))
	bt.Amount, bt.Net, bt.Currency = -p.amount, -p.amount, h.params.Currency
	bt.Created, bt.AvailableOn = p.at, p.at
	return &bt
}
