package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"checkoutd/internal/app"
	"checkoutd/internal/config"
	"checkoutd/internal/golive"
	"checkoutd/internal/rehearsal"
)

const rehearseUsage = `usage: server golive --rehearse [--json]

Walks the edge cases of Stripe's checklist with the settings and the catalog of the server: incomplete, invalid and
duplicate data, declined cards, every type of error, 3D Secure, late, duplicate, disordered and forged webhooks,
a refund and a dispute. It starts a checkout of its own for that, with a temporary database and the offline Stripe on
this machine. Nothing is sent to Stripe, to your servers or to anybody else, whatever the settings say, and nothing is
left behind but the outcome, which the checklist shows for box-edge-cases and box-errors until the settings or the
catalog change. It takes less than two minutes. The server may be running.

The exit code is 0 if every case is green, 1 if one is red, and 2 if the rehearsal could not be made.

`

// isRehearsal reports whether the arguments of golive ask for a rehearsal.
func isRehearsal(args []string) bool {
	return slices.Contains(args, "--rehearse") || slices.Contains(args, "-rehearse")
}

// rehearseCommand walks the edge cases.
func rehearseCommand(ctx context.Context, args []string, e env) error {
	fs := newFlags("golive --rehearse", rehearseUsage, e.err)
	fs.Bool("rehearse", true, "walk the edge cases")
	asJSON := fs.Bool("json", false, "print one case a line, as JSON")

	words, err := parseInterspersed(fs, args)
	switch {
	case err != nil:
		return withExitCode(exitNotRun, ignoreHelp(err))
	case len(words) > 0:
		return withExitCode(exitNotRun, fmt.Errorf("golive --rehearse: unexpected argument %q", words[0]))
	}

	var outcome golive.Rehearsal
	err = withOpened(ctx, e, app.OpenGoLive, func(open *app.GoLive) error {
		if err := open.Problem(); err != nil {
			return err
		}

		cfg, err := ofServer(ctx, open, e, config.LoadWithoutHooks)
		if err != nil {
			return err
		}

		results, err := app.Rehearse(ctx, cfg, app.RehearsalOptions{
			Version:  versionText(),
			Now:      time.Now,
			Progress: rehearsalProgress(e),
		})
		if e.terminal {
			_, _ = fmt.Fprintln(e.err)
		}
		if err != nil {
			return err
		}

		show := showRehearsal
		if *asJSON {
			show = printRehearsal
		}
		if err := show(e.out, results); err != nil {
			return err
		}

		outcome = outcomeOf(results)
		return open.KeepRehearsal(ctx, cfg, outcome)
	})

	switch {
	case err != nil:
		return withExitCode(exitNotRun, publicError(err))
	case len(outcome.Red) > 0:
		return withExitCode(exitRed, errors.New("not every case went as it must: see what is red above"))
	}

	return nil
}

// rehearsalProgress returns what tells somebody at a terminal how far it is.
func rehearsalProgress(e env) func(done, all int) {
	if !e.terminal {
		return nil
	}
	return func(done, all int) { _, _ = fmt.Fprintf(e.err, "\r%d of %d cases", done+1, all) }
}

// outcomeOf returns what is kept of a rehearsal.
func outcomeOf(results []rehearsal.Result) golive.Rehearsal {
	out := golive.Rehearsal{At: time.Now().UTC(), Version: versionText()}
	for _, r := range results {
		switch r.Status {
		case rehearsal.Skipped:
			out.Skipped++
			continue
		case rehearsal.Red:
			out.Red = append(out.Red, r.Case)
		}

		out.Cases++
	}
	return out
}

// printRehearsal prints one case a line, for programs.
func printRehearsal(out io.Writer, results []rehearsal.Result) error {
	lines := json.NewEncoder(out)
	lines.SetEscapeHTML(false)
	for _, r := range results {
		if err := lines.Encode(r); err != nil {
			return err
		}
	}
	return nil
}

// showRehearsal prints the cases for people. What had to happen stands below
// what is red.
func showRehearsal(out io.Writer, results []rehearsal.Result) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "STATUS\tCASE\tWHAT WAS DONE, AND WHAT HAPPENED")

	count := map[string]int{}
	for _, r := range results {
		count[r.Status]++

		mark := r.Status
		if r.Status == rehearsal.Red {
			mark = "RED"
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s:\n\t\t%s\n", mark, r.Case, printable(r.Did), printable(r.Got))
		if r.Status == rehearsal.Red {
			_, _ = fmt.Fprintf(w, "\t\t→ had to happen: %s\n", printable(r.Want))
		}
	}

	if err := w.Flush(); err != nil {
		return err
	}

	_, err := fmt.Fprintf(out, "\n%d green, %d red, %d skipped\n", count[rehearsal.Green], count[rehearsal.Red],
		count[rehearsal.Skipped])
	return err
}
