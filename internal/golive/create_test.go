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
}

func newMaker() *maker {
	w := newWorld()
	w.endpoints = nil
	return &maker{world: w, bySeed: map[string]golive.Endpoint{}, rows: map[string]golive.Made{}}
}

func (m *maker) CreateWebhookEndpoint(_ context.Context, e golive.NewEndpoint) (golive.Endpoint, error) {
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

func (m *maker) KeepEndpoint(_ context.Context, r golive.Made) error {
	m.rows[r.ID] = r
	return nil
}

// create creates the endpoints, and returns the secrets by their options.
func (m *maker) create(show func(golive.Creation) error) (secrets map[string]string, err error) {
	secrets = map[string]string{}
	err = golive.New(golive.Config{
		Stripe:  m,
		Store:   m,
		Creator: m,
		Ledger:  m,
		Setup:   m.setup,
		Now:     func() time.Time { return m.now },
		NewID:   func(prefix string) string { m.ids++; return prefix + string('a'+rune(m.ids)) },
	}).CreateEndpoints(context.Background(), func(c golive.Creation) error {
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
	if secrets, err := m.create(nil); err == nil || len(secrets) != 0 || len(m.endpoints) != 2 {
		t.Errorf("a second time: got %v, %v, and %d endpoints", secrets, err, len(m.endpoints))
	}

	// A disabled one can be replaced.
	m.endpoints[0].Enabled = false
	if secrets, err := m.create(nil); err == nil || len(secrets) != 1 || len(m.endpoints) != 3 {
		t.Errorf("with one disabled: got %v, %v, and %d endpoints", secrets, err, len(m.endpoints))
	}

	m.setup.WebhookURL = "http://localhost/webhooks/stripe"
	if _, err := m.create(nil); err == nil || !strings.Contains(err.Error(), "public https") {
		t.Errorf("of a private address in live mode: got %v", err)
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

			secrets, err = m.create(nil)
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
