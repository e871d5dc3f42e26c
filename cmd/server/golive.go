package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"checkoutd/internal/app"
	"checkoutd/internal/config"
	"checkoutd/internal/golive"
)

const goliveUsage = `usage: server golive [--json] [--test]

Checks whether this installation is ready for real payments, with the settings of the server: what Stripe's
checklist asks for, and what it asks of plugins. docs/golive.md has a section for each check. The server may be
running. Nothing changes at Stripe.

The exit code is 0 if nothing is red, 1 if something is, and 2 if the checklist could not be run.

`

// The exit codes of golive.
const (
	exitRed    = 1
	exitNotRun = 2
)

// goliveArgs are the arguments of golive.
type goliveArgs struct {
	json, test bool
}

// goliveCommand runs the checklist before going live.
func goliveCommand(ctx context.Context, args []string, e env) error {
	a, err := parseGoLiveArgs(args, e.err)
	if err != nil {
		return withExitCode(exitNotRun, ignoreHelp(err))
	}

	red := false
	err = withOpened(ctx, e, app.OpenGoLive, func(open *app.GoLive) error {
		service, err := openGoLive(ctx, open, a, e)
		if err != nil {
			return err
		}

		report := service.Run(ctx)
		red = report.Status == golive.Red

		if a.json {
			return printChecks(e.out, report)
		}

		return showReport(e.out, report)
	})

	switch {
	case err != nil:
		return withExitCode(exitNotRun, publicError(err))
	case red:
		return withExitCode(exitRed, errors.New("not ready: see what is red above"))
	}

	return nil
}

func parseGoLiveArgs(args []string, stderr io.Writer) (a goliveArgs, err error) {
	if len(args) > 0 && isHelp(args[0]) {
		args = []string{"-h"}
	}

	fs := newFlags("golive", goliveUsage, stderr)
	fs.BoolVar(&a.json, "json", false, "print one check a line, as JSON")
	fs.BoolVar(&a.test, "test", false, "expect test keys: check a rehearsal instead of the real thing")

	words, err := parseInterspersed(fs, args)
	if err == nil && len(words) > 0 {
		err = fmt.Errorf("golive: unexpected argument %q", words[0])
	}

	return a, err
}

// openGoLive returns the checklist, with the settings of the server. Those may
// lack the secrets of webhook endpoints that do not exist yet.
func openGoLive(ctx context.Context, open *app.GoLive, a goliveArgs, e env) (*golive.Service, error) {
	mode, err := open.Mode(ctx)
	if err != nil {
		return nil, err
	}
	cfg, err := config.LoadWithoutHooks(mode, e.environ, e.readFile)
	if err != nil {
		return nil, err
	}
	return open.Service(ctx, cfg, versionText(), !a.test, time.Now)
}

// printChecks prints one check a line, for programs.
func printChecks(out io.Writer, r *golive.Report) error {
	lines := json.NewEncoder(out)
	lines.SetEscapeHTML(false)
	for _, c := range r.Checks {
		if err := lines.Encode(c); err != nil {
			return err
		}
	}
	return nil
}

// marks are how a status is shown to people.
var marks = map[golive.Status]string{
	golive.Green:  "green",
	golive.Red:    "RED",
	golive.Hidden: "not visible",
}

// showReport prints a report for people. What is to be done stands below its
// check.
func showReport(out io.Writer, r *golive.Report) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "STATUS\tCHECK\tEVIDENCE")

	for _, c := range r.Checks {
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\n", marks[c.Status], c.Check, printable(c.Title+": "+c.Evidence))
		if c.Todo != "" {
			_, _ = fmt.Fprintf(w, "\t\t→ %s (%s)\n", printable(sentence(c.Todo)), c.Help)
		}
	}

	if err := w.Flush(); err != nil {
		return err
	}

	_, err := fmt.Fprintf(out, "\n%d green, %d red, %d not visible\n", r.Green, r.Red, r.Hidden)
	return err
}

// sentence ends a text with a period.
func sentence(s string) string {
	if strings.HasSuffix(s, ".") {
		return s
	}
	return s + "."
}
