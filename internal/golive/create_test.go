package golive_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"checkoutd/internal/golive"
)

// maker is a Stripe that creates endpoints once under a seed, and a ledger.
type maker struct {
	*world
	bySeed map[string]golive.Endpoint
	rows   map[string]golive.Made
	ids    int
	lost   bool // the answer to a creation is lost
	mute   bool // answers are repeated without the secret
	refuse error
	// looked is called once, after the next look at the endpoints.
	looked func()
}

func newMaker() *maker {
	w := newWorld()
	w.endpoints = nil
	return &maker{world: w, bySeed: map[string]golive.Endpoint{}, rows: map[string]golive.Made{}}
}

func (m *maker) WebhookEndpoints(context.Context) ([]golive.Endpoint, error) {
	seen := slices.Clone(m.endpoints)
	if looked := m.looked; looked != nil {
		m.looked = nil
		looked()
	}
	return seen, nil
}

func (m *maker) CreateWebhookEndpoint(_ context.Context, e golive.NewEndpoint) (golive.Endpoint, error) {
	if m.refuse != nil {
		return golive.Endpoint{}, m.refuse
	}

	made, repeated := m.bySeed[e.Seed]
	if !repeated {
		made = golive.Endpoint{
			ID:         "we_" + e.Seed,
			URL:        e.URL,
			Connect:    e.Connect,
			APIVersion: e.APIVersion,
			Events:     e.Events,
			Enabled:    true,
			Livemode:   true,
			Created:    m.now,
			Secret:     "whsec_" + e.Seed,
		}

		m.bySeed[e.Seed] = made
		m.endpoints = append(m.endpoints, made)
	}

	if m.lost {
		return golive.Endpoint{}, &golive.FailedError{Text: "none", NoAnswer: true}
	}

	if repeated && m.mute {
		made.Secret = ""
	}

	return made, nil
}

func (m *maker) UnshownEndpoint(_ context.Context, connect bool) (golive.Made, bool, error) {
	for _, r := range m.rows {
		if r.Connect == connect && (r.State == golive.Begun || r.State == golive.Created) {
			return r, true, nil
		}
	}
	return golive.Made{}, false, nil
}

func (m *maker) BeginEndpoint(ctx context.Context, r golive.Made, former string) (golive.Made, error) {
	if f, ok := m.rows[former]; ok {
		f.State = golive.GivenUp
		m.rows[former] = f
	}

	if first, ok, _ := m.UnshownEndpoint(ctx, r.Connect); ok {
		return first, nil
	}

	m.rows[r.ID] = r

	return r, nil
}

func (m *maker) KeepEndpoint(_ context.Context, r golive.Made) error {
	m.rows[r.ID] = r
	return nil
}

func (m *maker) service() *golive.Service {
	return golive.New(golive.Config{
		Stripe:  m,
		Store:   m,
		Creator: m,
		Ledger:  m,
		Setup:   m.setup,
		Now:     func() time.Time { return m.now },
		NewID:   func(prefix string) string { m.ids++; return prefix + string('a'+rune(m.ids)) },
	})
}

// plan returns what the creation would refuse.
func (m *maker) plan() error {
	_, err := m.service().PlanEndpoints(context.Background())
	return err
}

// create creates the endpoints, and returns the secrets by their options.
func (m *maker) create(show func(golive.Creation) error) (secrets map[string]string, err error) {
	secrets = map[string]string{}
	err = m.service().CreateEndpoints(context.Background(), func(c golive.Creation) error {
		if show != nil {
			if err := show(c); err != nil {
				return err
			}
		}

		secrets[c.Option] = c.Endpoint.Secret
		return nil
	})

	return secrets, err
}

func TestCreateEndpoints(t *testing.T) {
	t.Parallel()
	m := newMaker()
	secrets, err := m.create(nil)
	if err != nil || len(m.endpoints) != 2 || len(secrets) != 2 {
		t.Fatalf("got %v, %v", secrets, err)
	}

	for name, c := range m.run(t) {
		if strings.Contains(name, "endpoint-") && c.Status != golive.Green {
			t.Errorf("after the creation: got %+v", c)
		}
	}

	// What is there is refused, and stays as it is.
	plan := m.plan()
	if secrets, err := m.create(nil); err == nil || len(secrets) != 0 || len(m.endpoints) != 2 || err.Error() != plan.Error() {
		t.Errorf("a second time: got %v, %v, and %d endpoints", secrets, err, len(m.endpoints))
	}

	// A disabled one can be replaced.
	m.endpoints[0].Enabled = false
	if secrets, err := m.create(nil); err == nil || len(secrets) != 1 || len(m.endpoints) != 3 {
		t.Errorf("with one disabled: got %v, %v, and %d endpoints", secrets, err, len(m.endpoints))
	}

	m.setup.WebhookURL = "http://localhost/webhooks/stripe"

	plan = m.plan()
	if _, err := m.create(nil); err == nil || !strings.Contains(err.Error(), "public https") || plan == nil ||
		plan.Error() != err.Error() {
		t.Errorf("of a private address in live mode: got %v, and before %v", err, plan)
	}
}

// TestCreateEndpointsCut cuts the creation at each step, and repeats it.
func TestCreateEndpointsCut(t *testing.T) {
	t.Parallel()
	killed := errors.New("killed")
	for name, cut := range map[string]func(m *maker) error{
		"the answer is lost": func(m *maker) error {
			m.lost = true
			_, err := m.create(nil)
			m.lost = false
			return err
		},
		"the secret is never shown": func(m *maker) error {
			_, err := m.create(func(golive.Creation) error { return killed })
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMaker()
			if err := cut(m); err == nil {
				t.Fatal("the cut call succeeds")
			}

			secrets, err := m.create(nil)
			if err != nil || len(m.endpoints) != 2 || len(secrets) != 2 || secrets["STRIPE_WEBHOOK_SECRET"] == "" {
				t.Errorf("an hour later: got %v, %v, and %d endpoints; want two", secrets, err, len(m.endpoints))
			}

			// After a day Stripe knows the request no more.
			m = newMaker()
			_ = cut(m)
			m.now = m.now.Add(25 * time.Hour)

			plan := m.plan()

			secrets, err = m.create(nil)
			if plan == nil || err != nil && plan.Error() != err.Error() {
				t.Errorf("a day later: the plan refuses %v, the creation %v", plan, err)
			}
			if err == nil || !strings.Contains(err.Error(), "never shown") || len(secrets) != 0 || len(m.endpoints) != 2 {
				t.Errorf("a day later: got %v, %v, and %d endpoints", secrets, err, len(m.endpoints))
			}
			if _, err := m.create(nil); err == nil || !strings.Contains(err.Error(), "already") {
				t.Errorf("once it was said: got %v", err)
			}

			m = newMaker()
			_ = cut(m)
			m.mute = true

			if _, err := m.create(nil); err == nil || !strings.Contains(err.Error(), "never shown") {
				t.Errorf("without the secret in the repetition: got %v", err)
			}
		})
	}

	// An endpoint that was deleted meanwhile is created anew.
	m := newMaker()
	_, _ = m.create(func(golive.Creation) error { return killed })
	m.endpoints = nil

	secrets, err := m.create(nil)
	if ids := slices.Collect(maps.Values(secrets)); err != nil || len(m.endpoints) != 2 || len(ids) != 2 {
		t.Errorf("after a deletion: got %v, %v", secrets, err)
	}
}

// TestCreateEndpointsRefused checks that a refused creation is not repeated.
func TestCreateEndpointsRefused(t *testing.T) {
	t.Parallel()
	for name, cause := range map[string]error{
		"too many endpoints": &golive.FailedError{Text: "16 endpoints", Certain: true},
		"no permission":      &golive.RefusedError{Permission: "rak_webhook_write"},
	} {
		m := newMaker()
		m.refuse = cause

		if _, err := m.create(nil); err == nil || !strings.Contains(err.Error(), cause.Error()) {
			t.Errorf("%s: got %v, want the reason", name, err)
		}

		refused := slices.Collect(maps.Keys(m.rows))
		m.refuse = nil

		secrets, err := m.create(nil)
		if err != nil || len(secrets) != 2 || len(m.endpoints) != 2 {
			t.Errorf("%s, mended: got %v, %v", name, secrets, err)
		}

		for _, seed := range refused {
			if _, repeated := m.bySeed[seed]; repeated {
				t.Errorf("%s: the refused request %s was repeated", name, seed)
			}
		}
	}

	// An earlier request of the same creation made the endpoints.
	m := newMaker()
	m.lost = true
	_, _ = m.create(nil)
	m.refuse = &golive.FailedError{Text: "another request had this key", Certain: true}

	if _, err := m.create(nil); err == nil || !strings.Contains(err.Error(), "never shown") || len(m.endpoints) != 2 {
		t.Errorf("with an endpoint there: got %v, and %d endpoints", err, len(m.endpoints))
	}

	// Whatever is not certain is repeated.
	m = newMaker()
	m.refuse = &golive.FailedError{Text: "status 500"}
	_, _ = m.create(nil)
	m.refuse = nil

	if secrets, err := m.create(nil); err != nil || len(secrets) != 2 || len(m.rows) != 2 {
		t.Errorf("after an error of Stripe: got %v, %v and %d rows, want the same two", secrets, err, len(m.rows))
	}
}

// TestCreateEndpointsAtOnce lets a second call come in between, when it does
// the most harm.
func TestCreateEndpointsAtOnce(t *testing.T) {
	t.Parallel()
	for name, cut := range map[string]error{"ended": nil, "interrupted": errors.New("killed")} {
		m := newMaker()

		var other map[string]string
		m.looked = func() { other, _ = m.create(func(golive.Creation) error { return cut }) }

		secrets, err := m.create(nil)
		shown := map[string]bool{}
		for _, s := range slices.Concat(slices.Collect(maps.Values(secrets)), slices.Collect(maps.Values(other))) {
			shown[s] = true
		}

		if len(m.endpoints) != 2 || len(shown) != 2 {
			t.Errorf("with another call that %s: got %d endpoints and %d secrets, want 2: %v", name, len(m.endpoints),
				len(shown), err)
		}
	}
}
