package config_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"checkoutd/internal/config"
)

// TestNoSecretIsEverShown puts a marker into every secret, valid and invalid,
// and looks for it in everything that is printed.
func TestNoSecretIsEverShown(t *testing.T) {
	t.Parallel()
	const marker = "hunter2"
	good := []string{"STRIPE_SECRET_KEY=sk_test_" + marker, "STRIPE_PUBLISHABLE_KEY=pk_test_1",
		"STRIPE_WEBHOOK_SECRET=whsec_" + marker, "CATALOG_FILE=c",
		"DATABASE_URL=postgres://u:" + marker + "@h/d?password=" + marker}
	t.Run("of a good configuration", func(t *testing.T) {
		t.Parallel()
		c := load(t, config.Serve, good, nil)
		asJSON, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}

		for _, shown := range []string{fmt.Sprintf("%v %+v %#v %s", c, *c, *c, c), string(asJSON),
			fmt.Sprint(c.Redacted())} {
			if strings.Contains(shown, marker) {
				t.Errorf("shown: %s", shown)
			}
		}

		if !strings.Contains(c.String(), "DATABASE_URL=postgres://h (environment)\n") {
			t.Errorf("the database is not listed:\n%s", c)
		}
	})

	for _, o := range config.Options() {
		if !o.Secret && !strings.HasPrefix(o.Name, "STRIPE_PUB") {
			continue
		}

		for _, bad := range []string{marker, "sk_live_" + marker, "postgres://" + marker + ":" + marker + "\x7f@h"} {
			t.Run("of a bad "+o.Name, func(t *testing.T) {
				t.Parallel()
				environ := with(good, o.Name+"="+bad, o.Name+"_FILE=")
				if _, err := config.Load(config.Serve, environ, files(nil)); err == nil ||
					strings.Contains(err.Error(), marker) {
					t.Errorf("got %v, want an error without the value", err)
				}
			})
		}
	}
}

func TestRedactedContainsTheSources(t *testing.T) {
	t.Parallel()
	c := load(t, config.Sandbox, []string{"WORKERS=2"}, map[string]string{".env": "LOG_LEVEL=debug"})
	got := map[string]config.Setting{}
	for _, s := range c.Redacted() {
		if _, twice := got[s.Name]; twice {
			t.Errorf("%s is listed twice", s.Name)
		}

		got[s.Name] = s
	}

	for _, want := range []config.Setting{
		{Name: "WORKERS", Value: "2", Source: "environment"},
		{Name: "LOG_LEVEL", Value: "debug", Source: ".env"},
		{Name: "BRAND_NAME", Value: "checkoutd shop", Source: "default"},
		{Name: "BASE_URL", Value: "http://localhost:4242", Source: "ADDR"},
		{Name: "STRIPE_SECRET_KEY", Value: "set", Source: "sandbox"},
	} {
		if got[want.Name] != want {
			t.Errorf("got %+v, want %+v", got[want.Name], want)
		}
	}
}
