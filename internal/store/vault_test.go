package store_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"checkoutd/internal/orders"
	"checkoutd/internal/people"
	"checkoutd/internal/sealed"
	"checkoutd/internal/store"
	"checkoutd/internal/store/storetest"
	"checkoutd/internal/webhooks"
)

// An event whose payload was exchanged fails alone: those that are claimed with
// it are worked.
func TestTamperedPayloadHoldsUpNoOtherEvent(t *testing.T) {
	t.Parallel()
	ring, err := sealed.NewRing([][]byte{bytes.Repeat([]byte("k"), sealed.KeySize)})
	if err != nil {
		t.Fatal(err)
	}

	url := storetest.SQLiteURL(t)
	s, err := store.Open(t.Context(), url, store.Options{Ring: ring})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })

	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}

	for _, id := range []string{"evt_1", "evt_2", "evt_3"} {
		e := webhooks.Event{ID: id, Type: "charge.updated", Source: webhooks.SourceWebhook, Payload: []byte(`{"secret":"x"}`)}
		if _, err := s.Accept(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}

	db := openRaw(t, url)
	var inClear int
	err = db.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM events WHERE instr(payload, CAST('secret' AS BLOB)) > 0`).Scan(&inClear)
	if err != nil || inClear != 0 {
		t.Errorf("%d payloads are in clear, %v", inClear, err)
	}

	_, err = db.ExecContext(t.Context(), `UPDATE events SET payload = (SELECT payload FROM events WHERE id = 'evt_1') WHERE id = 'evt_2'`)
	if err != nil {
		t.Fatal(err)
	}

	now := time.Now().Add(time.Minute)
	events, err := s.ClaimEvents(t.Context(), webhooks.LaneOwn, now, now.Add(time.Hour), 10)
	if err != nil || len(events) != 3 {
		t.Fatalf("claimed %d, %v; want 3", len(events), err)
	}

	for i := range events {
		tampered := events[i].ID == "evt_2"
		if got := string(events[i].Payload) == `{"secret":"x"}`; got == tampered {
			t.Errorf("%s is claimed with %q", events[i].ID, events[i].Payload)
		}
	}

	// The export of a customer shows the others all the same.
	order := orders.Order{
		ID:                "ord_1",
		TokenHash:         orders.HashToken("1"),
		Status:            orders.Paid,
		PaymentStatus:     orders.Unpaid,
		Currency:          "eur",
		Mode:              orders.ModePayment,
		CustomerReference: "c-7",
	}
	if err := s.CreateOrder(t.Context(), order); err != nil {
		t.Fatal(err)
	}

	_, err = db.ExecContext(t.Context(), `UPDATE events SET order_id = 'ord_1',
		payload = CASE id WHEN 'evt_3' THEN '{"data":' ELSE payload END`)
	if err != nil {
		t.Fatal(err)
	}

	doc, _, err := s.ExportCustomer(t.Context(), people.Subject{Whom: people.Whom{Reference: "c-7"}})
	if err != nil {
		t.Fatal(err)
	}

	text, err := json.Marshal(doc)
	if got := strings.Count(string(text), `"payload":"cannot be read"`); err != nil || got != 2 || !strings.Contains(string(text), "evt_1") {
		t.Errorf("%d payloads cannot be read, want 2, %v: %s", got, err, text)
	}

	if _, err := s.Event(t.Context(), "evt_2"); err == nil || !strings.Contains(err.Error(), "belongs to another row") {
		t.Errorf("the tampered event is shown with %v", err)
	}
}
