package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"checkoutd/internal/app"
	"checkoutd/internal/cli"
	"checkoutd/internal/config"
	"checkoutd/internal/golive"
	"checkoutd/internal/rehearsal"
)

// rehearse walks the edge cases.
func rehearse(ctx context.Context, e env) error {
	var outcome golive.Rehearsal
	err := withOpened(ctx, e, app.OpenGoLive, func(open *app.GoLive) error {
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
		if e.Terminal {
			_, _ = fmt.Fprintln(e.Err)
		}
		if err != nil {
			return err
		}

		if err := showRehearsal(e, results); err != nil {
			return err
		}

		outcome = outcomeOf(results)
		return open.KeepRehearsal(ctx, cfg, outcome)
	})

	switch {
	case err != nil:
		return cli.WithExitCode(exitNotRun, publicError(err))
	case len(outcome.Red) > 0:
		return cli.WithExitCode(exitRed, errors.New("not every case went as it must: see what is red above"))
	}

	return nil
}

// rehearsalProgress returns what tells somebody at a terminal how far it is.
func rehearsalProgress(e env) func(done, all int) {
	if !e.Terminal {
		return nil
	}
	return func(done, all int) { _, _ = fmt.Fprintf(e.Err, "\r%d of %d cases", done+1, all) }
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

// showRehearsal prints the cases: for programs one a line, for people what had
// to happen below what is red.
func showRehearsal(e env, results []rehearsal.Result) error {
	if e.JSON {
		for _, r := range results {
			if err := e.Encode(r); err != nil {
				return err
			}
		}
		return nil
	}

	w := cli.NewGrid(e.Out)
	_, _ = fmt.Fprintln(w, "STATUS\tCASE\tWHAT WAS DONE, AND WHAT HAPPENED")

	count := map[string]int{}
	for _, r := range results {
		count[r.Status]++

		mark := r.Status
		if r.Status == rehearsal.Red {
			mark = "RED"
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s:\n\t\t%s\n", e.Paint(mark), r.Case, cli.Printable(r.Did), cli.Printable(r.Got))
		if r.Status == rehearsal.Red {
			_, _ = fmt.Fprintf(w, "\t\t→ had to happen: %s\n", cli.Printable(r.Want))
		}
	}

	if err := w.Flush(); err != nil {
		return err
	}

	_, err := fmt.Fprintf(e.Out, "\n%d green, %d red, %d skipped\n", count[rehearsal.Green], count[rehearsal.Red],
		count[rehearsal.Skipped])
	return err
}
