package config_test

import (
	"strings"
	"testing"

	"checkoutd/internal/config"
)

func TestStorageRefusals(t *testing.T) {
	t.Parallel()
	checkRefusals(t, map[string]refusal{
		"a database of another kind": {
			mode:    config.Migrate,
			environ: []string{"DATABASE_URL=mysql://u:hunter2@h/d"},
			want:    "DATABASE_URL is of an unknown kind",
		},
		"a database URL that cannot be parsed": {
			mode:    config.Migrate,
			environ: []string{"DATABASE_URL=postgres://u:hunter2%zz@h/d"},
			want:    "DATABASE_URL cannot be read as a URL",
		},
		"a data key that is too short": {
			mode:    config.Migrate,
			environ: []string{"DATA_KEY=aHVudGVyMg=="},
			want:    "DATA_KEY holds something that is not 32 bytes as base64 or hex",
		},
		"a data key that nobody drew": {
			mode:    config.Migrate,
			environ: []string{"DATA_KEY=" + strings.Repeat("00", 32)},
			want:    "DATA_KEY holds a key that is one byte repeated",
		},
		"a data key twice": {
			mode:    config.Migrate,
			environ: []string{"DATA_KEY=" + dataKeyHex + "," + dataKeyBase64},
			want:    "DATA_KEY holds the same key twice",
		},
		"sqlite without a file": {
			mode:    config.Migrate,
			environ: []string{"DATABASE_URL=sqlite:"},
			want:    "DATABASE_URL does not name a usable file",
		},
	})
}

// TestAmbiguousAddressesAreRefused has addresses whose passwords contain what
// must be encoded. The driver would read a host, a port and settings out of
// them. Nothing of them is repeated.
func TestAmbiguousAddressesAreRefused(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"postgres://shop:hun#ter2@db/shop",
		"postgres://shop:12#hunter2@db/shop",
		"postgres://shop:12?hunter2@db/shop",
		"postgres://shop:12/hunter2@db/shop",
		"postgres://shop:hunter2@34@db/shop",
		"postgres://shop:hunter2@34/5@db/shop",
		"postgres://shop@hunter2:pw@db/shop",
		"postgres://shop:hunter2%@db/shop",
		"postgres://shop:hunter2%zz@db/shop",
		"postgres://shop:hunter2%00@db/shop",
		"postgres://shop:hunter2%ff@db/shop",
		"postgres://shop:hunter2 x@db/shop",
		"postgres://shop:hunter2[1@db/shop",
		"postgres://shop:hunter2",
		"postgres://shop:12?hunter2/34",
		"postgres://shop:12/hunter2/34",
		"postgres://h:hunter2,h:5432/db",
		"postgres://hunter2!db/shop",
		"postgres://shop@db/shop?password=hunter2@34",
		"postgres://shop@db/shop?password=hunter2%",
		"postgresql://shop:12#hunter2@db/shop",
		"postgres:shop:hunter2@db/shop",
		"shop:hunter2@db/shop",
		"hunter2:shop@db/shop",
		"sqlite://shop:hunter2@db/shop",
		"sqlite:postgres://shop:hunter2@db/shop",
	} {
		for _, mode := range []config.Mode{config.Sandbox, config.Migrate} {
			got := problems(t, mode, []string{"DATABASE_URL=" + address}, nil)
			if len(got) != 1 || !strings.HasPrefix(got[0], "DATABASE_URL ") || strings.Contains(got[0], "hunter2") {
				t.Errorf("%s: got %q, want one problem that repeats nothing", address, got)
			}
		}
	}
}

// A database belongs to one use, so each has a file of its own unless told
// otherwise. Commands go where the server of the same settings goes.
func TestEveryUseHasItsOwnDatabase(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		mode    config.Mode
		environ []string
		want    string
	}{
		{config.Sandbox, nil, "sqlite:./data/sandbox.db"},
		{config.Migrate, nil, "sqlite:./data/sandbox.db"},
		{config.Migrate, []string{"STRIPE_SECRET_KEY=rk_test_abcdefghijkl"}, "sqlite:./data/test.db"},
		{config.Migrate, []string{"STRIPE_SECRET_KEY=sk_live_abcdefghijkl"}, "sqlite:./data/checkoutd.db"},
		{config.Migrate, []string{"STRIPE_SECRET_KEY_FILE=/run/secrets/key"}, "sqlite:./data/test.db"},
		{config.Migrate, []string{"STRIPE_SECRET_KEY_FILE=/nowhere"}, "sqlite:./data/checkoutd.db"},
		{config.Migrate, []string{"DATABASE_URL=sqlite:./shop.db"}, "sqlite:./shop.db"},
	} {
		c := load(t, tt.mode, tt.environ, map[string]string{"/run/secrets/key": "sk_test_abcdefghijkl"})
		if got := c.DatabaseURL.Reveal(); got != tt.want {
			t.Errorf("%s with %v: got %s, want %s", tt.mode, tt.environ, got, tt.want)
		}
	}
}

func TestClearAddressesAreAccepted(t *testing.T) {
	t.Parallel()
	for address, shown := range map[string]string{
		"postgres://shop:p%40s%23s%3F%2F%25@db.example:5432/shop?sslmode=require": "postgres://db.example:5432",
		"postgresql://shop:hunter2@db/shop":                                       "postgres://db",
		"postgres://shop:a:b!c$d&e'(f)*+,;=g@10.0.0.1/shop":                       "postgres://10.0.0.1",
		"postgres://shop:hunter2@[::1]:5433/shop":                                 "postgres://[::1]:5433",
		"postgres://shop:hunter2@a:1,b:2/shop?target_session_attrs=read-write":    "postgres://a:1,b:2",
		"postgres:///shop?host=/run/postgresql&user=shop&password=hunter2":        "postgres://",
		"sqlite:./data/checkoutd.db":                                              "sqlite:./data/checkoutd.db",
		"sqlite:///srv/shop@home/checkoutd.db":                                    "sqlite:///srv/shop@home/checkoutd.db",
	} {
		c := load(t, config.Migrate, []string{"DATABASE_URL=" + address}, nil)
		if c.DatabaseURL.Reveal() != address {
			t.Errorf("%s: got %q", address, c.DatabaseURL.Reveal())
		}
		if !strings.Contains(c.String(), "DATABASE_URL="+shown+" (environment)\n") {
			t.Errorf("%s: want it shown as %s, got\n%s", address, shown, c)
		}
	}
}

func TestPostgres(t *testing.T) {
	t.Parallel()
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		const u = "postgres://shop:p%40ss@db.example:5432/shop?sslmode=require"
		if c := load(t, config.Migrate, []string{"DATABASE_URL=" + u}, nil); c.DatabaseURL.Reveal() != u {
			t.Errorf("got %q", c.DatabaseURL.Reveal())
		}
	})
}

// dataKeyHex and dataKeyBase64 are one key.
const (
	dataKeyHex    = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
	dataKeyBase64 = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
)

func TestDataKeysAreReadInTheirOrder(t *testing.T) {
	t.Parallel()
	other := strings.Repeat("0123", 16)

	inFile := load(t, config.Migrate, []string{"DATA_KEY_FILE=keys"}, map[string]string{"keys": dataKeyBase64 + "\n" + other + "\n"})
	inList := load(t, config.Migrate, []string{"DATA_KEY=" + dataKeyHex + ", " + other}, nil)
	for name, c := range map[string]*config.Config{"lines of a file": inFile, "a list": inList} {
		if len(c.DataKeys) != 2 || c.DataKeys[0].Reveal()[31] != 31 || c.DataKeys[1].Reveal()[0] != 1 {
			t.Errorf("%s: got %d keys in another order", name, len(c.DataKeys))
		}
		for _, setting := range c.Redacted() {
			if strings.Contains(setting.Value, other) || strings.Contains(setting.Value, dataKeyHex) {
				t.Errorf("%s: %s shows the key", name, setting.Name)
			}
		}
	}
}

func TestMissingDataKeyIsAWarningWithLiveKeysOnly(t *testing.T) {
	t.Parallel()
	shop := map[string]string{"shop.json": `{}`}
	for name, tt := range map[string]struct {
		environ []string
		want    bool
	}{
		"live":             {liveKeys, true},
		"live, with a key": {with(liveKeys, "DATA_KEY="+dataKeyHex), false},
		"test":             {testKeys, false},
	} {
		got := hasPrefix(load(t, config.Serve, tt.environ, shop).Warnings, "DATA_KEY is not set")
		if got != tt.want {
			t.Errorf("%s: warned %t, want %t", name, got, tt.want)
		}
	}
}
