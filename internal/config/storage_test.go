package config_test

import (
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
		"sqlite without a file": {
			mode:    config.Migrate,
			environ: []string{"DATABASE_URL=sqlite:"},
			want:    "DATABASE_URL does not name a usable file",
		},
	})
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
