package mirror

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"checkoutd/internal/connect"
	"checkoutd/internal/httpio"
)

// Accounts reads connected accounts.
type Accounts interface {
	// ConnectAccount returns the account, or connect.ErrNoAccount.
	ConnectAccount(ctx context.Context, id string) (connect.Account, error)
}

// Reader shows what is mirrored, to the platform and to the commands. It is
// safe for concurrent use.
type Reader struct {
	Store    Store
	Accounts Accounts
	Now      func() time.Time
	Keep     bool // show what is stored of accounts that are not connected any more
}

// mirror returns an account with its mirror, if that may be read.
func (r *Reader) mirror(ctx context.Context, id string) (a connect.Account, m Mirror, err error) {
	if a, err = r.Accounts.ConnectAccount(ctx, id); err != nil {
		return a, m, err
	}

	err = ErrNotMirrored
	if a.IsConnected() || r.Keep { // otherwise it is being erased
		m, err = r.Store.Mirror(ctx, id)
	}
	if errors.Is(err, ErrNotMirrored) && !a.IsConnected() {
		err = errNotKept
	}

	return a, m, err
}

// Progress returns how far the mirror of an account has come.
func (r *Reader) Progress(ctx context.Context, id string) (Progress, error) {
	a, m, err := r.mirror(ctx, id)
	if err != nil {
		return Progress{}, err
	}
	return ProgressOf(&m, a.IsConnected(), r.Now()), nil
}

// Start starts the mirror of an account, whose history starts at since (zero:
// all of it). If there is one, it looks for changes now; with a since that is
// earlier than before it also lists everything again. A later one changes
// nothing: what is stored would not be kept up to date any more.
func (r *Reader) Start(ctx context.Context, id string, since *time.Time) (Progress, error) {
	m, err := r.Store.ChangeMirror(ctx, id, func(m *Mirror) {
		m.NextAt, m.Failures, m.Problem = r.Now(), 0, ""
		if since != nil && (m.CreatedAt.IsZero() || since.Before(m.Since)) {
			m.Since = *since
			m.Pass = 0 // which is before the first one
		}
	})
	if err != nil {
		return Progress{}, err
	}

	return ProgressOf(&m, true, r.Now()), nil
}

// Report returns a report that exists of an account that may be read.
func (r *Reader) Report(ctx context.Context, q ReportQuery) error {
	if _, ok := reports[q.Name]; !ok {
		return ErrNoReport
	}
	_, _, err := r.mirror(ctx, q.Account)
	return err
}

// ServeProgress is GET /v1/connect/accounts/{id}/mirror.
func (r *Reader) ServeProgress(w http.ResponseWriter, req *http.Request) error {
	p, err := r.Progress(req.Context(), req.PathValue("id"))
	if err != nil {
		return err
	}
	return httpio.WriteJSON(w, http.StatusOK, p)
}

// ServeStart is POST /v1/connect/accounts/{id}/mirror.
func (r *Reader) ServeStart(w http.ResponseWriter, req *http.Request) error {
	var body struct {
		Since string `json:"since"`
	}
	if err := httpio.DecodeOptionalJSON(w, req, &body, maxStart); err != nil {
		return err
	}

	since, err := parseSince(body.Since)
	if err != nil {
		return err
	}

	p, err := r.Start(req.Context(), req.PathValue("id"), since)
	if err != nil {
		return err
	}

	return httpio.WriteJSON(w, http.StatusOK, p)
}

// maxStart bounds the body of a start, in bytes.
const maxStart = 1 << 10

// parseSince returns where a history starts: nil if s is empty, and the zero
// time for "all".
func parseSince(s string) (*time.Time, error) {
	if s == "" {
		return nil, nil
	}
	if s == "all" {
		return &time.Time{}, nil
	}
	t, err := parseTime("since", s)
	return &t, err
}

// Page is one page of payments, newest first.
type Page struct {
	Object  string          `json:"object"` // always "list"
	Data    []PaymentObject `json:"data"`
	HasMore bool            `json:"has_more"`
}

// PaymentObject is a payment as the API shows it. Amounts are in minor units.
type PaymentObject struct {
	ID             string      `json:"id"`
	Object         string      `json:"object"` // always "payment"
	Account        string      `json:"account"`
	Amount         int64       `json:"amount"`
	Received       int64       `json:"amount_received"`
	Refunded       int64       `json:"amount_refunded"`
	ApplicationFee int64       `json:"application_fee_amount"`
	Currency       string      `json:"currency"`
	Status         string      `json:"status"`
	Disputed       bool        `json:"disputed"`
	Fee            *feeObject  `json:"fee"` // null while it is not known
	LatestCharge   *string     `json:"latest_charge"`
	ErrorCode      *string     `json:"error_code"`
	DeclineCode    *string     `json:"decline_code"`
	Card           *cardObject `json:"card"` // null unless the configuration asks for it
	CreatedAt      time.Time   `json:"created_at"`
	CanceledAt     *time.Time  `json:"canceled_at"`
}

type feeObject struct {
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
}

type cardObject struct {
	Brand string `json:"brand"`
	Last4 string `json:"last4"`
}

// ServePayments is GET /v1/connect/accounts/{id}/payments.
func (r *Reader) ServePayments(w http.ResponseWriter, req *http.Request) error {
	f, err := parseFilter(req.URL.Query())
	if err != nil {
		return err
	}

	account := req.PathValue("id")
	if _, _, err := r.mirror(req.Context(), account); err != nil {
		return err
	}

	limit := f.Limit
	f.Limit++ // one more shows whether there are more

	found, err := r.Store.MirrorPayments(req.Context(), account, f)
	if err != nil {
		return err
	}

	page := Page{Object: "list", Data: []PaymentObject{}, HasMore: len(found) > limit}
	for i := range found[:min(limit, len(found))] {
		page.Data = append(page.Data, render(account, &found[i]))
	}

	return httpio.WriteJSON(w, http.StatusOK, page)
}

func render(account string, l *Listed) PaymentObject {
	o := PaymentObject{
		ID:             l.ID,
		Object:         "payment",
		Account:        account,
		Amount:         l.Amount,
		Received:       l.Received,
		Refunded:       l.Refunded,
		ApplicationFee: l.ApplicationFee,
		Currency:       l.Currency,
		Status:         l.Status,
		Disputed:       l.Disputed,
		LatestCharge:   optional(l.LatestCharge),
		ErrorCode:      optional(l.ErrorCode),
		DeclineCode:    optional(l.DeclineCode),
		CreatedAt:      l.CreatedAt,
		CanceledAt:     optional(l.CanceledAt),
	}

	if l.FeeCurrency != "" {
		o.Fee = &feeObject{l.Fee, l.FeeCurrency}
	}

	if l.CardBrand != "" {
		o.Card = &cardObject{l.CardBrand, l.CardLast4}
	}

	return o
}

// ServeReport is GET /v1/connect/accounts/{id}/reports/{report}. It writes
// while it reads. Should that fail in the middle, it breaks the connection off:
// a report that ends early must not look complete.
func (r *Reader) ServeReport(w http.ResponseWriter, req *http.Request) error {
	q, asCSV, err := parseReport(req.URL.Query())
	if err != nil {
		return err
	}

	q.Account, q.Name = req.PathValue("id"), req.PathValue("report")
	if err := r.Report(req.Context(), q); err != nil {
		return err
	}

	write, contentType := q.WriteJSON, "application/json"
	if asCSV {
		write, contentType = q.WriteCSV, "text/csv; charset=utf-8"
		w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="%s.csv"`, q.Name))
	}

	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")

	out := &reportWriter{w: w}
	buffered := bufio.NewWriterSize(out, 32<<10)

	err = write(req.Context(), r.Store, r.Now(), buffered)
	if err == nil {
		err = buffered.Flush()
	}

	if err != nil && out.began {
		if out.gone == nil && !errors.Is(err, context.Canceled) {
			httpio.ExchangeOf(req.Context()).SetError(err)
		}

		panic(http.ErrAbortHandler)
	}

	return err
}

// reportWriter notes whether something was written, and whether the client has
// gone.
type reportWriter struct {
	w     io.Writer
	began bool
	gone  error
}

// Write implements io.Writer.
func (o *reportWriter) Write(p []byte) (n int, err error) {
	o.began = true
	n, err = o.w.Write(p)
	o.gone = err
	return n, err
}
