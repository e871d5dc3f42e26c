package config_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"

	"checkoutd/internal/config"
)

func TestLoadRefusals(t *testing.T) {
	t.Parallel()
	checkRefusals(t, map[string]refusal{
		"both value and file": {
			mode:    config.Serve,
			environ: with(testKeys, "STRIPE_SECRET_KEY_FILE=k"),
			want:    "STRIPE_SECRET_KEY and STRIPE_SECRET_KEY_FILE are both set",
			mention: "Keep one",
		},
		"secret file missing": {
			mode:    config.Serve,
			environ: with(testKeys[1:], "STRIPE_SECRET_KEY_FILE=sk_test_oops"),
			want:    "STRIPE_SECRET_KEY cannot be read from the file in STRIPE_SECRET_KEY_FILE: file does not exist",
		},
		"secret file empty": {
			mode:    config.Serve,
			environ: with(testKeys[1:], "STRIPE_SECRET_KEY_FILE=k"),
			files:   map[string]string{"k": "\n"},
			want:    "STRIPE_SECRET_KEY is empty in the file",
		},
		"a live key in a file in sandbox mode": {
			environ: []string{"STRIPE_SECRET_KEY_FILE=k"},
			files:   map[string]string{"k": "sk_live_1\n"},
			want:    "STRIPE_SECRET_KEY_FILE holds a live key",
		},
		"an unknown mode": {
			mode: "party",
			want: "The mode \"party\" is unknown.",
		},
	})
}

func TestServeReportsEverythingMissingAtOnce(t *testing.T) {
	t.Parallel()
	got := problems(t, config.Serve, []string{"WORKERS=many", "ADDR=4242"}, nil)
	for _, name := range []string{"STRIPE_SECRET_KEY is missing. ", "STRIPE_PUBLISHABLE_KEY is missing. ",
		"STRIPE_WEBHOOK_SECRET is missing. ", "CATALOG_FILE is missing. ", "WORKERS is ", "ADDR is "} {
		if !hasPrefix(got, name) {
			t.Errorf("nothing begins with %q in:\n%s", name, strings.Join(got, "\n"))
		}
	}

	if len(got) != 6 {
		t.Errorf("got %d problems, want 6: %q", len(got), got)
	}
}

func TestSourcesAndTheirOrder(t *testing.T) {
	t.Parallel()
	t.Run("the environment wins over .env", func(t *testing.T) {
		t.Parallel()
		c := load(t, config.Sandbox, []string{"WORKERS=7"},
			map[string]string{".env": "WORKERS=3\nBRAND_NAME='A # b'\n"})
		if c.Workers != 7 || c.BrandName != "A # b" {
			t.Errorf("got %d, %q; want 7 from the environment, the name from .env", c.Workers, c.BrandName)
		}
	})

	t.Run("an empty value counts as not given", func(t *testing.T) {
		t.Parallel()
		c := load(t, config.Sandbox, []string{"WORKERS= "}, map[string]string{".env": "WORKERS=3"})
		if c.Workers != 3 {
			t.Errorf("got %d, want 3 from .env", c.Workers)
		}
	})

	t.Run("a secret comes from its file without the newline", func(t *testing.T) {
		t.Parallel()
		c := load(t, config.Serve, with(testKeys[1:], "STRIPE_SECRET_KEY_FILE=/run/secrets/k"),
			map[string]string{"/run/secrets/k": "rk_test_fromfile\r\n"})
		if got := c.StripeSecretKey.Reveal(); got != "rk_test_fromfile" {
			t.Errorf("got %q", got)
		}
	})

	t.Run("the environment's file wins over .env's value", func(t *testing.T) {
		t.Parallel()
		c := load(t, config.Serve, with(testKeys[1:], "STRIPE_SECRET_KEY_FILE=k"),
			map[string]string{"k": "sk_test_file", ".env": "STRIPE_SECRET_KEY=sk_test_dotenv"})
		if got := c.StripeSecretKey.Reveal(); got != "sk_test_file" {
			t.Errorf("got %q", got)
		}
	})

	t.Run("files may begin with a byte order mark", func(t *testing.T) {
		t.Parallel()
		c := load(t, config.Serve, with(testKeys[1:], "STRIPE_SECRET_KEY_FILE=k", "BRAND_NAME=\u200bCaf\u00e9 \u202a1\u202c"),
			map[string]string{"k": "\ufeffsk_test_file\n", ".env": "\ufeffWORKERS=3\n"})
		if got := c.StripeSecretKey.Reveal(); got != "sk_test_file" || c.Workers != 3 || c.BrandName != "Caf\u00e9 1" {
			t.Errorf("got key %q, %d workers, name %q; want them without invisible characters", got, c.Workers, c.BrandName)
		}
	})

	t.Run("a missing .env is fine and an unreadable one is not", func(t *testing.T) {
		t.Parallel()
		_, err := config.Load(config.Sandbox, nil, func(string) ([]byte, error) {
			return nil, &fs.PathError{Op: "open", Path: ".env", Err: fs.ErrPermission}
		})
		if err == nil || !strings.Contains(err.Error(), ".env cannot be read") {
			t.Errorf("got %v", err)
		}
	})

	t.Run("a malformed .env is named by line and not quoted", func(t *testing.T) {
		t.Parallel()
		_, err := config.Load(config.Sandbox, nil, files(map[string]string{
			".env": "WORKERS=2\n\nSTRIPE_SECRET_KEY=\"sk_live_hunter2\nADDR=:1\n"}))
		if err == nil || !strings.Contains(err.Error(), "line 3") || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("got %v, want line 3 and no secret", err)
		}
	})
}

func TestValues(t *testing.T) {
	t.Parallel()
	t.Run("lists and durations", func(t *testing.T) {
		t.Parallel()
		c := load(t, config.Sandbox, []string{"PAYMENT_METHOD_TYPES=card, ideal,", "ORDER_EXPIRES_AFTER=30d",
			"BACKFILL_EVERY=0", "TRUSTED_PROXIES=10.1.2.3/8, ::1", "SETUP_FUTURE_USAGE=off_session"}, nil)
		got := fmt.Sprint(c.PaymentMethodTypes, c.OrderExpiresAfter, c.BackfillEvery, c.TrustedProxies)
		if want := "[card ideal] 720h0m0s 0s [10.0.0.0/8 ::1/128]"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if c.SetupFutureUsage != "off_session" {
			t.Errorf("got %q", c.SetupFutureUsage)
		}
	})

	t.Run("options of other modes are ignored", func(t *testing.T) {
		t.Parallel()
		load(t, config.Healthcheck, []string{"WORKERS=x", "STRIPE_SECRET_KEY=x", "DATABASE_URL=x"}, nil)
	})
}

// TestLoadWithTheRealFileSystem checks that Load works with os.ReadFile.
func TestLoadWithTheRealFileSystem(t *testing.T) {
	t.Parallel()
	path := t.TempDir() + "/secret"
	if err := os.WriteFile(path, []byte("whsec_x\n"), 0o600); err != nil {
		t.Fatal(err)
	}

	environ := []string{testKeys[0], testKeys[1], testKeys[3], "STRIPE_WEBHOOK_SECRET_FILE=" + path}
	c, err := config.Load(config.Serve, environ, os.ReadFile)
	if err != nil {
		t.Fatal(err)
	}
	if got := c.StripeWebhookSecrets[0].Reveal(); got != "whsec_x" {
		t.Errorf("got %q", got)
	}
}

// FuzzDotenv checks that every .env, however broken, is loaded or refused with
// problems.
func FuzzDotenv(f *testing.F) {
	for _, seed := range []string{"", "A=", "=B", "A='", "A=\"$", "export X=1\n#", "A=${B", "\x00=\x00", "A: b\r\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		_, err := config.Load(config.Sandbox, nil, files(map[string]string{".env": text}))
		var e *config.Error
		if err != nil && (!errors.As(err, &e) || len(e.Problems) == 0) {
			t.Errorf("%q: got %v, want problems by name", text, err)
		}
	})
}

// Some readers of environment files keep the quotes around a value.
func TestValuesInQuotes(t *testing.T) {
	t.Parallel()
	const advice = "It is in quotes, and the quotes belong to it"

	t.Run("a value that is usable is warned about, without the value", func(t *testing.T) {
		t.Parallel()
		c := load(t, config.Sandbox, []string{"BRAND_NAME='Hunter'"}, nil)
		if len(c.Warnings) != 1 || !strings.HasPrefix(c.Warnings[0], "BRAND_NAME: "+advice) ||
			strings.Contains(c.Warnings[0], "Hunter") {
			t.Errorf("got %q", c.Warnings)
		}
	})

	t.Run("one that is refused is explained", func(t *testing.T) {
		t.Parallel()
		for name, environ := range map[string][]string{
			"STRIPE_SECRET_KEY": with(testKeys[1:], `STRIPE_SECRET_KEY="sk_test_hunter2"`),
			"DATABASE_URL":      with(testKeys, `DATABASE_URL="postgres://u:hunter2@h/d"`),
			"STRIPE_WEBHOOK_SECRET": with(testKeys[:2], "CATALOG_FILE=shop.json",
				`STRIPE_WEBHOOK_SECRET_FILE='/run/hunter2'`),
		} {
			got := problems(t, config.Serve, environ, nil)
			if len(got) != 1 || !strings.HasPrefix(got[0], name+" ") || !strings.Contains(got[0], advice) ||
				strings.Contains(got[0], "hunter2") {
				t.Errorf("got %q, want one problem of %s with advice about quotes", got, name)
			}
		}
	})

	t.Run("so is a secret file", func(t *testing.T) {
		t.Parallel()
		got := problems(t, config.Serve, with(testKeys[1:], "STRIPE_SECRET_KEY_FILE=/key"),
			map[string]string{"/key": "\"sk_test_hunter2\"\n"})
		if len(got) != 1 || !strings.Contains(got[0], advice) || strings.Contains(got[0], "hunter2") {
			t.Errorf("got %q", got)
		}
	})

	t.Run(".env takes quotes off", func(t *testing.T) {
		t.Parallel()
		c := load(t, config.Sandbox, nil, map[string]string{".env": "BRAND_NAME='Hunter'\n"})
		if c.BrandName != "Hunter" || len(c.Warnings) != 0 {
			t.Errorf("got %q, warnings %q", c.BrandName, c.Warnings)
		}
	})
}
