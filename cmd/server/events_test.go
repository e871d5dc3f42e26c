package main

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/store"
	"checkoutd/internal/webhooks"
)

// noon is when the first event of the tests was received.
var noon = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

// open opens the program's database.
func (p *program) open() *store.Store {
	p.Helper()
	p.ok("migrate")
	s, err := store.Open(p.Context(), p.settings["DATABASE_URL"], store.Options{Log: zerolog.Nop()})
	if err != nil {
		p.Fatal(err)
	}

	p.Cleanup(func() {
		if err := s.Close(); err != nil {
			p.Error(err)
		}
	})

	return s
}

// fillInbox stores an open order, and one event about its intent for each hour.
func (p *program) fillInbox(s *store.Store) (order string) {
	p.Helper()
	order = orders.NewID("ord_")
	err := s.CreateOrder(p.Context(), orders.Order{
		ID:            order,
		Status:        orders.Open,
		PaymentStatus: orders.Unpaid,
		Version:       1,
		Currency:      "usd",
		Amount:        1099,
		CreatedAt:     noon,
		ExpiresAt:     noon.Add(time.Hour),
	})
	if err != nil {
		p.Fatal(err)
	}

	err = s.Update(p.Context(), order, nil, func(st *payments.State) error {
		st.Attempts = append(st.Attempts, payments.Attempt{
			ID:             "att_1",
			N:              1,
			IdempotencyKey: "key-" + order,
			IntentID:       "pi_1",
			State:          payments.RequiresAction,
			CreatedAt:      noon,
		})

		return nil
	})
	if err != nil {
		p.Fatal(err)
	}

	for i, e := range []struct{ id, eventType, status string }{
		{"evt_1", "payment_intent.created", "requires_payment_method"},
		{"evt_2", "payment_intent.succeeded", "succeeded"},
		{"evt_3", "customer.created", ""},
	} {
		received := 0
		if e.status == "succeeded" {
			received = 1099
		}

		payload := fmt.Sprintf(`{"id":%q,"data":{"object":{"id":"pi_1","object":"payment_intent","status":%q,"amount":1099,
			"amount_received":%d,"currency":"usd","metadata":{%q:%q}}}}`, e.id, e.status, received, payments.MetaOrder, order)
		at := noon.Add(time.Duration(i) * time.Hour)
		_, err := s.Accept(p.Context(), webhooks.Event{
			ID:         e.id,
			Type:       e.eventType,
			APIVersion: "2025-02-24.acacia",
			Created:    at,
			Group:      "pi_1",
			Payload:    []byte(payload),
			Source:     webhooks.SourceWebhook,
			Secret:     "0a1b2c3d",
			State:      webhooks.Received,
			NextAt:     at,
			ReceivedAt: at,
		})
		if err != nil {
			p.Fatal(err)
		}

		claimed, err := s.ClaimEvents(p.Context(), webhooks.LaneOwn, at, at.Add(time.Minute), 1)
		if err != nil || len(claimed) != 1 {
			p.Fatal(len(claimed), err)
		}
		if err := s.FinishEvent(p.Context(), claimed[0].Claim(), webhooks.Dead, "a reason", time.Time{}); err != nil {
			p.Fatal(err)
		}
	}

	return order
}

// wantStates compares the states of evt_1, evt_2 and evt_3.
func (p *program) wantStates(s *store.Store, want ...webhooks.State) {
	p.Helper()
	for i, state := range want {
		e, err := s.Event(p.Context(), fmt.Sprintf("evt_%d", i+1))
		if err != nil {
			p.Fatal(err)
		}
		if e.State != state {
			p.Errorf("%s is %s, want %s", e.ID, e.State, state)
		}
	}
}

func TestEventsList(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.fillInbox(p.open())

	for name, c := range map[string]struct{ args, want string }{
		"all, newest first":      {"", "evt_3 evt_2 evt_1"},
		"at most":                {"--limit 2", "evt_3 evt_2"},
		"by id":                  {"evt_2 evt_1", "evt_2 evt_1"},
		"by type":                {"--type payment_intent.created,customer.created", "evt_3 evt_1"},
		"by state":               {"--state dead", "evt_3 evt_2 evt_1"},
		"by another state":       {"--state done,received", ""},
		"by time":                {"--from 2026-01-31T13:00:00Z --to 2026-01-31T14:00:00Z", "evt_2"},
		"by day":                 {"--from 2026-02-01", ""},
		"by an order":            {"--order ord_nobody", ""},
		"flags after the id":     {"evt_1 --type customer.created", ""},
		"flags around the ids":   {"--state dead evt_1 --limit 1 evt_3", "evt_3"},
		"everything of one dash": {"-limit 1", "evt_3"},
	} {
		out := p.ok(append([]string{"events", "list"}, strings.Fields(c.args)...)...)
		lines := strings.Split(strings.TrimSpace(out), "\n")
		if !strings.HasPrefix(lines[0], "RECEIVED") {
			t.Errorf("%s: no heading: %q", name, lines[0])
		}

		limited := strings.Contains(strings.ReplaceAll(c.args, "--", "-"), "-limit")
		if last := len(lines) - 1; strings.HasPrefix(lines[last], "only the newest") {
			lines = lines[:last]
		} else if limited {
			t.Errorf("%s: nobody says that there are more", name)
		}

		var got []string
		for _, l := range lines[1:] {
			got = append(got, strings.Fields(l)[1])
			if !strings.Contains(l, "dead") || !strings.Contains(l, "a reason") {
				t.Errorf("%s: the line lacks state or note: %q", name, l)
			}
		}

		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: listed %v, want %s", name, got, c.want)
		}
	}
}

func TestEventsShow(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	order := p.fillInbox(p.open())
	out := p.ok("events", "show", "evt_2")
	for _, want := range []string{"evt_2", "payment_intent.succeeded", "dead", "a reason", "webhook",
		"0a1b2c3d", "2025-02-24.acacia (mismatch false)",
		"2026-01-31T13:00:00Z", `"amount_received":1099`, order} {
		if !strings.Contains(out, want) {
			t.Errorf("the output does not contain %q:\n%s", want, out)
		}
	}

	p.fails([]string{"events", "show", "evt_nobody"}, "evt_nobody", "no such event")
}

func TestEventsReplay(t *testing.T) {
	t.Parallel()
	t.Run("a dry run lists the orders that would change and changes nothing", func(t *testing.T) {
		t.Parallel()
		for _, args := range []string{"--dry-run --state dead", "--state dead --dry-run",
			"evt_1 evt_2 evt_3 --dry-run", "evt_1 --dry-run evt_2 evt_3"} {
			p := newProgram(t)
			s := p.open()
			order := p.fillInbox(s)
			out := p.ok(append([]string{"events", "replay"}, strings.Fields(args)...)...)
			for _, want := range []string{
				"evt_1  payment_intent.created  order " + order + " stays open",
				"evt_2  payment_intent.succeeded  order " + order + " would change from open to paid",
				"evt_3  customer.created  events of this type change no order",
				"3 events would be replayed; nothing was changed",
			} {
				if !strings.Contains(out, want) {
					t.Errorf("%s: the output does not contain %q:\n%s", args, want, out)
				}
			}

			p.wantStates(s, webhooks.Dead, webhooks.Dead, webhooks.Dead)
			if o, err := s.Order(t.Context(), order); err != nil || o.Status != orders.Open {
				t.Errorf("%s: the order is %s, %v", args, o.Status, err)
			}
		}
	})

	for args, want := range map[string][3]webhooks.State{
		"evt_2":                           {webhooks.Dead, webhooks.Received, webhooks.Dead},
		"--type payment_intent.created":   {webhooks.Received, webhooks.Dead, webhooks.Dead},
		"--from 2026-01-31T13:00:00Z":     {webhooks.Dead, webhooks.Received, webhooks.Received},
		"--to 2026-01-31T13:00:00Z":       {webhooks.Received, webhooks.Dead, webhooks.Dead},
		"--state dead":                    {webhooks.Received, webhooks.Received, webhooks.Received},
		"--state dead --order ord_nobody": {webhooks.Dead, webhooks.Dead, webhooks.Dead},
	} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			p := newProgram(t)
			s := p.open()
			p.fillInbox(s)
			p.ok(append([]string{"events", "replay"}, strings.Fields(args)...)...)
			p.wantStates(s, want[:]...)
		})
	}

	t.Run("an unknown id replays nothing", func(t *testing.T) {
		t.Parallel()
		p := newProgram(t)
		s := p.open()
		p.fillInbox(s)
		p.fails([]string{"events", "replay", "evt_1", "evt_nobody"}, "evt_nobody: there is no such event")
		p.wantStates(s, webhooks.Dead, webhooks.Dead, webhooks.Dead)
	})

	t.Run("all selected events, however many", func(t *testing.T) {
		t.Parallel()
		p := newProgram(t)
		s := p.open()

		const n = 1100
		for i := range n {
			at := noon.Add(time.Duration(i/3) * time.Second) // some came at the same moment
			_, err := s.Accept(t.Context(), webhooks.Event{
				ID:         fmt.Sprintf("evt_%d", i),
				Type:       "customer.created",
				Source:     webhooks.SourceBackfill,
				State:      webhooks.Ignored,
				Payload:    []byte("{}"),
				ReceivedAt: at,
				NextAt:     at,
			})
			if err != nil {
				t.Fatal(err)
			}
		}

		out := p.ok("events", "replay", "--type", "customer.created")
		if !strings.HasPrefix(out, fmt.Sprintf("%d events are due", n)) {
			t.Errorf("got %q, want %d", out, n)
		}

		counts, err := s.Counts(t.Context())
		if err != nil || counts[webhooks.Received] != n {
			t.Errorf("%v, %v; want %d received", counts, err, n)
		}
	})

	t.Run("a dry run goes on after an event that cannot be read", func(t *testing.T) {
		t.Parallel()
		p := newProgram(t)
		s := p.open()
		p.fillInbox(s)

		_, err := s.Accept(t.Context(), webhooks.Event{
			ID:         "evt_bad",
			Type:       "payment_intent.succeeded",
			Source:     webhooks.SourceWebhook,
			State:      webhooks.Dead,
			Payload:    []byte("{}"),
			ReceivedAt: noon.Add(-time.Hour),
		})
		if err != nil {
			t.Fatal(err)
		}

		out := p.ok("events", "replay", "--state", "dead", "--dry-run")
		if !strings.Contains(out, "evt_bad  payment_intent.succeeded  would fail") ||
			!strings.Contains(out, "4 events would be replayed") {
			t.Errorf("got:\n%s", out)
		}
	})
}

// A long list is read page by page: nothing is lost or shown twice between two.
func TestEventsListIsReadInPages(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	s := p.open()
	for i := range listPage + 2 {
		e := webhooks.Event{
			ID:         fmt.Sprintf("evt_%04d", i),
			Type:       "customer.created",
			Source:     webhooks.SourceWebhook,
			Payload:    []byte("{}"),
			ReceivedAt: noon.Add(time.Duration(i/7) * time.Second), // several at once
		}
		if _, err := s.Accept(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}

	for _, tt := range []struct{ limit, want int }{{listPage + 1, listPage + 1}, {listPage * 3, listPage + 2}} {
		seen := map[string]bool{}
		lines := 0
		for line := range strings.Lines(p.ok("events", "list", "--json", "--limit", strconv.Itoa(tt.limit))) {
			var e struct{ ID string }
			if err := json.Unmarshal([]byte(line), &e); err != nil {
				t.Fatal(err)
			}
			seen[e.ID], lines = true, lines+1
		}
		if lines != tt.want || len(seen) != tt.want {
			t.Errorf("--limit %d: %d lines, %d events, want %d", tt.limit, lines, len(seen), tt.want)
		}
	}
}

func TestEventsWrongFlags(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	for args, want := range map[string]string{
		"":                             "use list, show or replay",
		"lst":                          `unknown command "lst": did you mean list?`,
		"list --colour":                "colour",
		"list --limit 0":               "--limit must be 1 or more",
		"list --limit many":            "limit",
		"list --state gone":            `unknown state "gone"`,
		"list --from yesterday":        `"yesterday" is not a time`,
		"list --to 31.1.2026":          "is not a time",
		"list --dry-run":               "dry-run",
		"show":                         "show needs the ID of an event",
		"show --type charge.succeeded": "unknown flag --type",
		"replay":                       "replay needs the IDs of events",
		"replay --dry-run":             "replay needs the IDs of events",
		"replay evt_1 --dry-rum":       "dry-rum",
		"replay --limit 3":             "limit",
	} {
		p.fails(append([]string{"events"}, strings.Fields(args)...), want)
	}

	help := p.ok("events", "list", "--help")
	if !strings.Contains(help, "usage: server events list [EVENT…]") || !strings.Contains(help, "--state") {
		t.Errorf("--help:\n%s", help)
	}
}
