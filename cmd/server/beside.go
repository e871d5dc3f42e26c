package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/config"
)

// beside opens what a command looks at beside a running server, gives it to use, and closes
// it.
func beside[T io.Closer](ctx context.Context, e env,
	open func(context.Context, *config.Config, zerolog.Logger, func() time.Time) (T, error), use func(T) error) (err error) {
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

// newFlags are the flags of a subcommand; usage is shown with them.
func newFlags(name, usage string, stderr io.Writer) *flag.FlagSet {
	fs := flag.NewFlagSet(name, flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.Usage = func() {
		_, _ = io.WriteString(stderr, usage)
		fs.PrintDefaults()
	}
	return fs
}

// helped is nil for what was only a question for help.
func helped(err error) error {
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	return err
}

// parseMixed reads flags wherever they stand and returns the rest. The flag package
// stops at the first word that is none, and would take the --dry-run after it for an id.
func parseMixed(fs *flag.FlagSet, args []string) (words []string, err error) {
	for len(args) > 0 {
		if err := fs.Parse(args); err != nil {
			return nil, err
		}
		if args = fs.Args(); len(args) > 0 {
			words, args = append(words, args[0]), args[1:]
		}
	}
	return words, nil
}

// list splits what a flag lists.
func list(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}

func moment(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is not a time: write 2026-01-31 or 2026-01-31T12:00:00Z", s)
}

// span reads the ends of a time range.
func span(from, to string) (start, end time.Time, err error) {
	if start, err = moment(from); err == nil {
		end, err = moment(to)
	}
	return start, end, err
}

// when shows a time, "" for none.
func when(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
