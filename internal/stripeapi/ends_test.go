package stripeapi_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"checkoutd/internal/stripeapi"
)

// answering is a Stripe that answers every request with one body.
type answering string

func (a answering) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusOK,
		Header:     http.Header{"Content-Type": {"application/json"}},
		Body:       io.NopCloser(strings.NewReader(string(a))),
		Request:    r,
	}, nil
}

func (a answering) client() *stripeapi.Client {
	return stripeapi.New(stripeapi.Config{
		Key:        stripeapi.FixedKey("sk_test_1"),
		BaseURL:    "http://stripe.test",
		Timeout:    10 * time.Second,
		AppVersion: "1.2.3",
		Transport:  a,
	})
}

func TestWhenASubscriptionEnds(t *testing.T) {
	t.Parallel()
	for members, want := range map[string]int64{
		`"current_period_end":2000`:                                                          0,
		`"current_period_end":2000,"cancel_at_period_end":true`:                              2000,
		`"current_period_end":2000,"cancel_at":1500`:                                         1500,
		`"current_period_end":2000,"cancel_at":5000`:                                         5000,
		`"current_period_end":2000,"cancel_at":2000,"cancel_at_period_end":true`:             2000,
		`"current_period_end":2000,"cancel_at":5000,"ended_at":1200,"status":"canceled"`:     1200,
		`"current_period_end":2000,"cancel_at_period_end":true,"ended_at":2000,"status":"x"`: 2000,
	} {
		got, err := answering(`{"id":"sub_1",`+members+`}`).client().Subscription(t.Context(), "sub_1")
		if err != nil {
			t.Fatal(err)
		}

		var wantAt time.Time
		if want != 0 {
			wantAt = time.Unix(want, 0).UTC()
		}

		if !got.EndsAt.Equal(wantAt) {
			t.Errorf("%s: it ends at %s, want %s", members, got.EndsAt, wantAt)
		}
	}
}

func TestDisputeHasItsDeadline(t *testing.T) {
	t.Parallel()
	d, err := answering(`{"id":"dp_1","created":1000,"evidence_details":{"due_by":2000},"payment_intent":"pi_1"}`).
		client().Dispute(t.Context(), "dp_1")
	if err != nil || d.EvidenceDueBy.Unix() != 2000 || d.CreatedAt.Unix() != 1000 || d.IntentID != "pi_1" {
		t.Errorf("read %+v, %v", d, err)
	}

	d, err = answering(`{"id":"dp_1","created":1000,"evidence_details":{"due_by":null}}`).
		client().Dispute(t.Context(), "dp_1")
	if err != nil || !d.EvidenceDueBy.IsZero() {
		t.Errorf("without a deadline: %+v, %v", d, err)
	}
}
