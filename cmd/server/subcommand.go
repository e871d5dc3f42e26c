package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/config"
	"checkoutd/internal/fault"
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
	return load(mode, e.environ, e.readFile)
}

// newFlags returns the flag set of a subcommand. Its help begins with usage.
func newFlags(name, usage string, stderr io.Writer) *flag.FlagSet {
	fs := flag.NewFlagSet(name, flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.Usage = func() {
		_, _ = io.WriteString(stderr, usage)
		fs.PrintDefaults()
	}
	return fs
}

// isHelp reports whether an argument asks for the help.
func isHelp(arg string) bool { return arg == "help" || arg == "-h" || arg == "--help" }

// subcommand returns which of the names the arguments begin with. For no name
// and for another one it prints the help and returns an error, and for the help
// it returns flag.ErrHelp.
func subcommand(command, usage string, args []string, stderr io.Writer, names ...string) (string, error) {
	if len(args) > 0 && slices.Contains(names, args[0]) {
		return args[0], nil
	}

	if _, err := io.WriteString(stderr, usage); err != nil {
		return "", err
	}
	last := len(names) - 1
	choice := "use " + strings.Join(names[:last], ", ") + " or " + names[last]

	switch {
	case len(args) == 0:
		return "", fmt.Errorf("%s: no subcommand given: %s", command, choice)
	case isHelp(args[0]):
		return "", flag.ErrHelp
	}
	return "", fmt.Errorf("%s: unknown subcommand %q: %s", command, args[0], choice)
}

// ignoreHelp returns nil if err, which is about the arguments, only says that
// the help was requested.
func ignoreHelp(err error) error {
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	return withExitCode(exitUsage, err)
}

// parseInterspersed parses the flags among args and returns the other
// arguments. The flag package stops at the first argument that is not a flag,
// and would take a --dry-run after it for an ID.
func parseInterspersed(fs *flag.FlagSet, args []string) (words []string, err error) {
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
	return time.Time{}, fmt.Errorf("%q is not a time: use 2026-01-31 or 2026-01-31T12:00:00Z", s)
}

// parseRange parses the ends of a time range.
func parseRange(from, to string) (start, end time.Time, err error) {
	if start, err = parseTime(from); err == nil {
		end, err = parseTime(to)
	}
	return start, end, err
}

// formatTime formats a time, and the zero time as "".
func formatTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// The exit codes, documented in docs/operations.md. golive, conform and drift
// have codes of their own.
const (
	exitFailed      = 1
	exitUsage       = 2 // the arguments or the settings are wrong: nothing was tried
	exitNotFound    = 3
	exitRefused     = 4 // the state of an order does not allow it, or Stripe refused
	exitUnknown     = 5 // the outcome is not known yet: run the same command again
	exitUnavailable = 6 // the database or Stripe cannot be reached
)

// exitCodeOf returns the exit code of a fault.
func exitCodeOf(f *fault.Error) int {
	switch {
	case f.Code == "operation_unknown":
		return exitUnknown
	case f.Kind == fault.NotFound:
		return exitNotFound
	case f.Kind == fault.Unavailable || f.Kind == fault.TooMany:
		return exitUnavailable
	case f.Kind == fault.Internal:
		return exitFailed
	}
	return exitRefused
}

// codedError is an error with which the program ends with a code of its own.
type codedError struct {
	error
	code int
}

func (e *codedError) Unwrap() error { return e.error }

// withExitCode returns err with the exit code of the program, and nil for nil.
func withExitCode(code int, err error) error {
	if err == nil {
		return nil
	}

	return &codedError{error: err, code: code}
}

// exitCode returns the exit code for an error: that which a command gave it, or
// else that of its kind.
func exitCode(err error) int {
	var coded *codedError
	if errors.As(err, &coded) {
		return coded.code
	}

	var f *fault.Error
	if errors.As(err, &f) {
		return exitCodeOf(f)
	}

	return exitFailed
}
