package past

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/payments"
	"checkoutd/internal/sandbox/wire"
)

// shape is a payment that a real call has made.
type shape struct {
	intent *payments.PaymentIntent
	charge *payments.Charge
	method *payments.PaymentMethod
}

// shapes are the objects that those of a history are copies of.
type shapes struct {
	paid, declined      []shape
	abandoned, canceled shape

	refund          *payments.Refund
	open, won, lost *payments.Dispute
	payout          *api.Record

	txn, refundTxn, withdrawn, returned, payoutTxn *payments.BalanceTransaction
}

var (
	goodCards = []string{
		"pm_card_visa", "pm_card_visa", "pm_card_visa_debit", "pm_card_mastercard", "pm_card_mastercard",
		"pm_card_mastercard_debit", "pm_card_amex", "pm_card_fr", "pm_card_de", "pm_card_ca",
	}
	badCards = []string{
		"pm_card_chargeDeclined", "pm_card_chargeDeclined", "pm_card_chargeDeclinedInsufficientFunds",
		"pm_card_chargeDeclinedInsufficientFunds", "pm_card_chargeDeclinedInsufficientFunds",
		"pm_card_chargeDeclinedExpiredCard", "pm_card_chargeDeclinedIncorrectCvc", "pm_card_chargeDeclinedLostCard",
		"pm_card_chargeDeclinedProcessingError",
	}
)

// studio makes shapes with the calls of an API whose objects nobody sees.
type studio struct {
	srv *api.Server
	mux *chi.Mux
	err error // the first one
}

const studioKey = "sk_test_historyofaccounts"

// makeShapes makes the shapes with a server that is not started.
func makeShapes(srv *api.Server) (*shapes, error) {
	st := &studio{srv: srv, mux: chi.NewRouter()}
	for _, rt := range srv.Routes() {
		st.mux.Method(rt.Method, rt.Pattern, srv.Serve(rt))
	}

	srv.Start(false)
	defer srv.Stop()

	out := &shapes{}
	for _, name := range goodCards {
		out.paid = append(out.paid, st.payment(name, http.StatusOK))
	}

	for _, name := range badCards {
		out.declined = append(out.declined, st.payment(name, http.StatusPaymentRequired))
	}

	open := st.post("/v1/payment_intents", http.StatusOK, common)
	out.abandoned = shape{intent: find[*payments.PaymentIntent](st, open)}
	left := st.post("/v1/payment_intents", http.StatusOK, common)
	st.post("/v1/payment_intents/"+left+"/cancel", http.StatusOK, "cancellation_reason=abandoned")
	out.canceled = shape{intent: find[*payments.PaymentIntent](st, left)}

	st.makeLater(out)

	return out, st.err
}

// common are the parameters of every payment.
const common = "amount=2000&currency=usd&description=x&automatic_payment_methods[enabled]=true" +
	"&automatic_payment_methods[allow_redirects]=never"

// makeLater makes what follows on payments.
func (st *studio) makeLater(out *shapes) {
	charge := st.payment(goodCards[0], http.StatusOK).charge
	out.txn = find[*payments.BalanceTransaction](st, wire.Deref(charge.BalanceTransaction))

	refund := st.post("/v1/refunds", http.StatusOK, "charge="+charge.ID+"&amount=500")
	out.open = st.dispute("")
	out.won, out.lost = st.dispute("winning_evidence"), st.dispute("losing_evidence")
	payout := st.post("/v1/payouts", http.StatusOK, "amount=500&currency=usd")

	// What Stripe takes its time for has happened by now.
	st.srv.Advance(4 * 24 * time.Hour)

	for id, field := range map[string]string{refund: `"reference_status":"available"`, payout: `"status":"paid"`} {
		st.await(id, field)
	}

	out.refund = find[*payments.Refund](st, refund)
	out.refundTxn = find[*payments.BalanceTransaction](st, wire.Deref(out.refund.BalanceTransaction))
	out.payout = find[*api.Record](st, payout)
	out.payoutTxn = find[*payments.BalanceTransaction](st, out.payout.Text("balance_transaction"))

	if st.err == nil && len(out.won.BalanceTransactions) == 2 {
		out.withdrawn, out.returned = &out.won.BalanceTransactions[0], &out.won.BalanceTransactions[1]
	} else {
		st.fail(errors.New("a dispute that is won has no two balance transactions"))
	}
}

// payment pays with a test card.
func (st *studio) payment(card string, status int) shape {
	id := st.post("/v1/payment_intents", status, common+"&confirm=true&payment_method="+card)
	pi := find[*payments.PaymentIntent](st, id)
	ch := find[*payments.Charge](st, wire.Deref(pi.LatestCharge))
	return shape{pi, ch, find[*payments.PaymentMethod](st, wire.Deref(ch.PaymentMethod))}
}

// dispute returns a dispute, decided by evidence if there is any.
func (st *studio) dispute(evidence string) *payments.Dispute {
	charge := st.payment("pm_card_createDispute", http.StatusOK).charge
	id := wire.Deref(charge.Dispute)
	if evidence != "" {
		st.post("/v1/disputes/"+id, http.StatusOK, "evidence[uncategorized_text]="+evidence)
		status := map[string]string{"winning_evidence": "won", "losing_evidence": "lost"}[evidence]
		st.await(id, `"status":"`+status+`"`)
	}
	return find[*payments.Dispute](st, id)
}

// post calls the API and returns the ID of the object, or of the intent in the
// error.
func (st *studio) post(path string, status int, form string) string {
	query, err := url.ParseQuery(form)
	st.fail(err)

	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(query.Encode()))
	r.Header.Set("Authorization", "Bearer "+studioKey)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	st.mux.ServeHTTP(w, r)

	if w.Code != status {
		st.fail(fmt.Errorf("POST %s: %d %s", path, w.Code, w.Body))
		return ""
	}

	tree, err := wire.DecodeTree(w.Body.Bytes())
	st.fail(err)

	body, _ := tree.(map[string]any)
	if failure, declined := body["error"].(map[string]any); declined {
		body, _ = failure["payment_intent"].(map[string]any)
	}

	id, _ := body["id"].(string)
	return id
}

// await waits until an object contains a text.
func (st *studio) await(id, text string) {
	deadline := time.Now().Add(time.Minute)
	for ; time.Now().Before(deadline) && st.err == nil; time.Sleep(time.Millisecond) {
		obj, _ := st.srv.Lookup(api.PlatformAccount, id)
		body, err := wire.Encode(obj)
		st.fail(err)
		if strings.Contains(string(body), text) {
			return
		}
	}
	st.fail(fmt.Errorf("%s has not become %s", id, text))
}

func (st *studio) fail(err error) {
	if st.err == nil {
		st.err = err
	}
}

// find returns an object that the studio has made. After an error it returns an
// empty one.
func find[T interface {
	*E
	ObjectID() string
}, E any](st *studio, id string) T {
	obj, _ := st.srv.Lookup(api.PlatformAccount, id)
	typed, ok := obj.(T)
	if !ok {
		st.fail(fmt.Errorf("there is no %T of the ID %q", typed, id))
		return new(E)
	}
	return typed
}
