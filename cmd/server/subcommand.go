package main

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/cli"
	"checkoutd/internal/config"
)

// withOpened opens a part of the database, calls use with it and closes it. A
// server may be running on the same database.
func withOpened[T io.Closer](
	ctx context.Context,
	e env,
	open func(context.Context, *config.Config, zerolog.Logger, func() time.Time) (T, error),
	use func(T) error,
) (err error) {
	cfg, log, err := load(config.Migrate, e)
	if err != nil {
		return err
	}
	opened, err := open(ctx, cfg, log, time.Now)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, opened.Close()) }()
	return use(opened)
}

// ofServer loads, by config.Load or its like, the configuration of the server
// that runs on an opened database.
func ofServer(
	ctx context.Context,
	opened interface {
		Mode(context.Context) (config.Mode, error)
	},
	e env,
	load func(config.Mode, []string, func(string) ([]byte, error)) (*config.Config, error),
) (*config.Config, error) {
	mode, err := opened.Mode(ctx)
	if err != nil {
		return nil, err
	}
	return load(mode, e.Environ, e.ReadFile)
}

// splitList splits the comma-separated value of a flag.
func splitList(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}

// parseTime parses a date or a time. It returns the zero time for "".
func parseTime(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	return time.Time{}, cli.Usage("%q is not a time: use 2026-01-31 or 2026-01-31T12:00:00Z", s)
}

// parseRange parses the ends of a time range.
func parseRange(from, to string) (start, end time.Time, err error) {
	if start, err = parseTime(from); err == nil {
		end, err = parseTime(to)
	}
	return start, end, err
}
