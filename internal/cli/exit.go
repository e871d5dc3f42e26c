package cli

import (
	"errors"
	"fmt"
	"io"

	"checkoutd/internal/fault"
)

// The exit codes, documented in docs/cli.md. Commands that give a verdict have
// codes of their own.
const (
	ExitFailed      = 1
	ExitUsage       = 2 // the arguments or the settings are wrong: nothing was tried
	ExitNotFound    = 3
	ExitRefused     = 4 // the state of an order does not allow it, or Stripe refused
	ExitUnknown     = 5 // the outcome is not known yet: run the same command again
	ExitUnavailable = 6 // the database or Stripe cannot be reached
)

// codedError is an error with which the program ends with a code of its own.
type codedError struct {
	error
	code int
}

func (e *codedError) Unwrap() error { return e.error }

// WithExitCode returns err with the exit code of the program, and nil for nil.
func WithExitCode(code int, err error) error {
	if err == nil {
		return nil
	}
	return &codedError{error: err, code: code}
}

// ExitCode returns the exit code for an error: that which a command gave it, or
// else that of its kind.
func ExitCode(err error) int {
	var coded *codedError
	if errors.As(err, &coded) {
		return coded.code
	}
	var f *fault.Error
	if errors.As(err, &f) {
		return FaultCode(f)
	}
	return ExitFailed
}

// FaultCode returns the exit code of a fault.
func FaultCode(f *fault.Error) int {
	switch {
	case f.Code == "operation_unknown":
		return ExitUnknown
	case f.Kind == fault.NotFound:
		return ExitNotFound
	case f.Kind == fault.Unavailable || f.Kind == fault.TooMany:
		return ExitUnavailable
	case f.Kind == fault.Internal:
		return ExitFailed
	}
	return ExitRefused
}

// PrintError prints the error with which a program called name ends. If args
// ask for JSON, it is one object on a line.
func PrintError(w io.Writer, name string, args []string, err error) {
	if !wantsJSON(args) {
		_, _ = fmt.Fprintf(w, "%s: %v\n", name, err)
		return
	}

	object := Object{"error": err.Error(), "exit_code": ExitCode(err)}
	var usage *usageError
	if errors.As(err, &usage) {
		object["error"], object["help"] = usage.text, usage.help
	}
	_ = Env{Out: w}.Encode(object)
}
