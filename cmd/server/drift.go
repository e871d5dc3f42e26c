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
	"checkoutd/internal/drift"
)

const driftUsage = `usage: server drift [--day 2026-01-31] [--again] [--json]
       server drift list [--all] [--json]
       server drift dismiss <finding> --by NAME [--note TEXT]

Compares the orders of a day (UTC; without --day of yesterday) with what Stripe holds, in the own account and in
all connected accounts that orders are charged in: every payment has its order, every paid order its payment,
amounts, refunds and disputes are equal. It only reads. A day that was compared already is shown; --again compares
it once more. A server does the same every night (DRIFT_AT). The server may be running.

  list     what differs and is open; --all: also what is gone or dismissed
  dismiss  say that you have looked at a finding, and that it may stay so

The exit code is 0 if nothing differs, 1 if something does, and 2 if the day could not be compared.

`

// driftArgs are the arguments of drift.
type driftArgs struct {
	sub, finding     string // sub is list, dismiss or ""
	day              string
	again, all, json bool
	person, note     string
}

// findingsShown is how many findings a list has at most.
const findingsShown = 10_000

// driftCommand compares a day with Stripe, or shows what was found.
func driftCommand(ctx context.Context, args []string, e env) error {
	a, err := parseDriftArgs(args, e.err)
	if err != nil {
		return withExitCode(exitNotRun, ignoreHelp(err))
	}

	open := 0
	err = withOpened(ctx, e, app.OpenDrift, func(d *app.Drift) (err error) {
		if a.sub == "dismiss" {
			note := a.person
			if a.note != "" {
				note += ": " + a.note
			}
			return done(e.out, d.Dismiss(ctx, a.finding, note), "dismissed "+a.finding)
		}

		if a.sub == "" {
			if err := compareDay(ctx, d, a, e); err != nil {
				return err
			}
		}

		open, err = showFindings(ctx, d, a, e.out)
		return err
	})

	switch {
	case err != nil:
		return withExitCode(exitNotRun, publicError(err))
	case open > 0:
		return withExitCode(exitRed, fmt.Errorf("%d findings are open", open))
	}

	return nil
}

func parseDriftArgs(args []string, stderr io.Writer) (a driftArgs, err error) {
	if len(args) > 0 && isHelp(args[0]) {
		args = []string{"-h"}
	}

	if len(args) > 0 && slices.Contains([]string{"list", "dismiss"}, args[0]) {
		a.sub, args = args[0], args[1:]
	}

	fs := newFlags("drift "+a.sub, driftUsage, stderr)
	switch a.sub {
	case "dismiss":
		fs.StringVar(&a.person, "by", "", "who you are")
		fs.StringVar(&a.note, "note", "", "what you found")
	case "list":
		fs.BoolVar(&a.all, "all", false, "show also what is gone or dismissed")
		fs.BoolVar(&a.json, "json", false, "print one finding a line, as JSON")
	default:
		fs.StringVar(&a.day, "day", time.Now().UTC().AddDate(0, 0, -1).Format(time.DateOnly), "the `day` to compare")
		fs.BoolVar(&a.again, "again", false, "compare the day although it was compared already")
		fs.BoolVar(&a.json, "json", false, "print one finding a line, as JSON")
	}

	words, err := parseInterspersed(fs, args)

	switch {
	case err != nil:
		return a, err
	case a.sub == "dismiss" && (len(words) != 1 || a.person == ""):
		return a, errors.New("drift dismiss needs a finding, drf_…, and --by NAME")
	case a.sub == "dismiss":
		a.finding = words[0]
	case len(words) > 0:
		return a, fmt.Errorf("drift: unexpected argument %q", words[0])
	}

	return a, nil
}

// waitForOthers is how often a command looks whether a server has compared the
// day.
const waitForOthers = time.Second

// compareDay compares a day, or waits until a server that is at it has done so.
func compareDay(ctx context.Context, d *app.Drift, a driftArgs, e env) error {
	cfg, err := ofServer(ctx, d, e, config.Load)
	if err != nil {
		return err
	}
	service, err := d.Service(ctx, cfg, versionText())
	if err != nil {
		return err
	}
	if _, err := service.Start(ctx, a.day, time.Now(), a.again); err != nil {
		return err
	}

	for {
		ended, err := service.Work(ctx, a.day)
		if err != nil {
			return fmt.Errorf("the day is not compared yet; what is done stays done, and the next try goes on: %w", err)
		}
		if ended {
			break
		}
		if err := waitFor(ctx, waitForOthers); err != nil {
			return err
		}
	}

	runs, err := d.Runs(ctx, a.day, findingsShown)
	if err != nil {
		return err
	}

	return showRuns(runs, a, e)
}

// showRuns prints what was compared, with --json to stderr. A run that failed
// is an error.
func showRuns(runs []drift.Run, a driftArgs, e env) error {
	out := e.out
	if a.json {
		out = e.err
	}

	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "DAY\tACCOUNT\tUNTIL\tPAYMENTS\tOF OTHERS\tLOOKED AT TWICE\tSTATE")

	var failed error
	for _, r := range runs {
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%d\t%d\t%s\n", r.Day, accountName(r.Account), formatTime(r.Until),
			r.Charges, r.Neighbours, r.Judged, r.State)

		if r.State == drift.Failed {
			failed = errors.Join(failed, fmt.Errorf("%s of %s: %s", r.Day, accountName(r.Account), r.Problem))
		}
	}

	_, _ = fmt.Fprintln(w)

	return errors.Join(w.Flush(), failed)
}

func accountName(account string) string {
	if account == "" {
		return "own"
	}
	return account
}

// showFindings prints findings, and returns how many are open.
func showFindings(ctx context.Context, d *app.Drift, a driftArgs, out io.Writer) (open int, err error) {
	state := drift.Open
	if a.all {
		state = ""
	}

	list, err := d.Findings(ctx, state, findingsShown)
	if err != nil {
		return 0, err
	}

	lines := json.NewEncoder(out)
	lines.SetEscapeHTML(false)

	for i := range list {
		f := &list[i]
		if f.State == drift.Open {
			open++
		}

		if a.json {
			err = lines.Encode(drift.Render(f))
		} else {
			err = printFinding(out, f)
		}

		if err != nil {
			return open, err
		}
	}

	if len(list) == 0 && !a.json {
		_, err = fmt.Fprintln(out, "nothing differs")
	}

	return open, err
}

func printFinding(out io.Writer, f *drift.Finding) error {
	state := ""
	if f.State != drift.Open {
		state = fmt.Sprintf("  (%s%s)", f.State, afterColon(f.Note))
	}

	order := f.OrderID
	if order == "" {
		order = "no order"
	}

	_, err := fmt.Fprintf(out, "%s  %s  %s  %s  %s%s\n    %s: at Stripe %s, here %s (%s)\n    → %s\n",
		f.ID, f.Day, f.Kind, order, f.ObjectID, state,
		f.Kind.Means(), amountText(f.AtStripe, f.Currency), amountText(f.Here, f.Currency), printable(f.Detail),
		f.Kind.Todo())
	return err
}

func afterColon(note string) string {
	if note == "" {
		return ""
	}
	return ": " + printable(note)
}

func amountText(minor int64, currency string) string {
	if minor == 0 {
		return "nothing"
	}
	return amount(minor, currency)
}
