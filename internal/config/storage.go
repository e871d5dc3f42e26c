package config

import (
	"errors"
	"net/url"
	"strings"
	"time"
)

// Storage is where orders are kept.
type Storage struct {
	DatabaseURL     Secret        // sqlite:<file> or postgres://…, which may hold a password
	DatabaseTimeout time.Duration // how long one call of the server may take
}

func storageSection() section {
	return section{title: "Storage", options: []option{
		{
			name:   "DATABASE_URL",
			def:    "sqlite:./data/checkoutd.db",
			file:   true,
			redact: redactDatabase,
			help:   "sqlite:<file>, or postgres://user:password@host/database to run more than one replica.",
			modes:  storageModes,
			read:   readDatabase,
		},
		{
			name: "DATABASE_TIMEOUT",
			def:  "10s",
			help: "How long one call to the database may take, waits included, 1s to 1m. A row that " +
				"another session has locked is waited for a fifth of it, a busy SQLite file for half. " +
				"After that the buyer, or Stripe, gets a 503 and tries again.",
			modes: checkoutModes,
			read:  duration(func(c *Config) *time.Duration { return &c.DatabaseTimeout }, time.Second, time.Minute),
		},
	}}
}

func readDatabase(c *Config, s string) error {
	if file, ok := strings.CutPrefix(s, "sqlite:"); ok {
		if file == "" || strings.ContainsAny(file, "?#%") {
			return errors.New("does not name a usable file. Write sqlite: and a path without ?, # or %, " +
				"like sqlite:./data/checkoutd.db")
		}

		c.DatabaseURL = Secret(s)
		return nil
	}

	u, err := url.Parse(s)
	if err != nil {
		return errors.New("cannot be read as a URL. Percent-encode special characters in the password")
	}
	if u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return errors.New("is of an unknown kind. Use sqlite:<file> or postgres://user:password@host/database")
	}

	c.DatabaseURL = Secret(s)
	return nil
}

// redactDatabase omits the password, and the query, which may contain one.
func redactDatabase(s string) string {
	if strings.HasPrefix(s, "sqlite:") {
		return s
	}

	u, err := url.Parse(s)
	if err != nil {
		return redactAll(s)
	}

	shown := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}
	if u.User != nil {
		shown.User = url.User(u.User.Username())
	}

	return shown.String()
}
