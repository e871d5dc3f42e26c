package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"time"

	"checkoutd/internal/app"
	"checkoutd/internal/cli"
	"checkoutd/internal/config"
	"checkoutd/internal/drift"
)

// findingsShown is how many findings a list has at most, unless asked for more.
const findingsShown = 10_000

// driftCommand compares a day with Stripe, or shows what was found.
func driftCommand() cli.Command {
	const finding = "a finding: id, kind, means, todo, day, account, order_id, payment_intent, object_id, currency, " +
		"amount_at_stripe, amount_here, detail, state, note, found_at"

	return cli.Command{
		Name:  "drift",
		Short: "compare the orders of a day with Stripe; list and dismiss what differs",
		Long: `Compares the orders of a day (UTC; without --day of yesterday) with what Stripe holds, in the own account and in
			all connected accounts that orders are charged in: every payment has its order, every paid order its payment,
			amounts, refunds and disputes are equal. It only reads. A day that was compared already is shown; --again
			compares it once more. A server does the same every night (DRIFT_AT).

			The exit code is 0 if nothing differs, 1 if something does, and 2 if the day could not be compared.`,
		Example: "server drift --day 2026-01-31\nserver drift list --all",
		JSON:    finding,
		Paged:   true,
		Verdict: true,
		New:     newDrift,
		Commands: []cli.Command{
			{
				Name:    "list",
				Short:   "list what differs and is open",
				Long:    "The exit code is 0 if no finding is open, and 1 if one is.",
				Example: "server drift list --all",
				JSON:    finding,
				Paged:   true,
				Verdict: true,
				New:     newDriftList,
			},
			{
				Name:    "dismiss",
				Args:    "FINDING",
				Short:   "say that you have looked at a finding, and that it may stay so",
				Example: "server drift dismiss drf_… --by Ada --note 'paid by bank transfer'",
				JSON:    "one object with dismissed, the finding's ID",
				New:     newDriftDismiss,
			},
		},
	}
}

// withDrift opens the comparison. An error ends the program as a day that could
// not be compared does.
func withDrift(ctx context.Context, e env, use func(*app.Drift) error) error {
	return cli.WithExitCode(exitNotRun, publicError(withOpened(ctx, e, app.OpenDrift, use)))
}

func newDrift(fs *flag.FlagSet) cli.Action {
	day := fs.String("day", "", "the `day` to compare, such as 2026-01-31 (default: yesterday)")
	again := fs.Bool("again", false, "compare the day although it was compared already")
	limit := findingsLimit(fs)

	return func(ctx context.Context, _ []string, e env) error {
		if *limit < 1 {
			return errFindingsLimit
		}

		which := cmp.Or(*day, time.Now().UTC().AddDate(0, 0, -1).Format(time.DateOnly))

		var open int64
		err := withDrift(ctx, e, func(d *app.Drift) (err error) {
			if err := compareDay(ctx, d, which, *again, e); err != nil {
				return err
			}
			open, err = showFindings(ctx, d, drift.Open, *limit, e)
			return err
		})
		return cmp.Or(err, foundAny(open))
	}
}

func newDriftList(fs *flag.FlagSet) cli.Action {
	all := fs.Bool("all", false, "show also what is gone or dismissed")
	limit := findingsLimit(fs)

	return func(ctx context.Context, _ []string, e env) error {
		if *limit < 1 {
			return errFindingsLimit
		}

		state := drift.Open
		if *all {
			state = ""
		}

		var open int64
		err := withDrift(ctx, e, func(d *app.Drift) (err error) {
			open, err = showFindings(ctx, d, state, *limit, e)
			return err
		})
		return cmp.Or(err, foundAny(open))
	}
}

func findingsLimit(fs *flag.FlagSet) *int {
	return fs.Int("limit", findingsShown, "show at most this `number` of findings")
}

var errFindingsLimit = cli.Usage("drift: --limit is 1 or more")

// foundAny returns the error of a comparison after which findings are open.
func foundAny(open int64) error {
	switch open {
	case 0:
		return nil
	case 1:
		return cli.WithExitCode(exitRed, errors.New("1 finding is open"))
	default:
		return cli.WithExitCode(exitRed, fmt.Errorf("%d findings are open", open))
	}
}

func newDriftDismiss(fs *flag.FlagSet) cli.Action {
	person := fs.String("by", "", "the `name` of whoever looked at it")
	note := fs.String("note", "", "a `text`: what you found")

	return func(ctx context.Context, words []string, e env) error {
		if len(words) != 1 || *person == "" {
			return cli.Usage("drift dismiss needs a finding, drf_…, and --by NAME")
		}

		text := *person
		if *note != "" {
			text += ": " + *note
		}

		return withDrift(ctx, e, func(d *app.Drift) error {
			if err := d.Dismiss(ctx, words[0], text); err != nil {
				return err
			}
			return e.Result(cli.Object{"dismissed": words[0]}, "dismissed %s\n", words[0])
		})
	}
}

// waitForOthers is how often a command looks whether a server has compared the
// day.
const waitForOthers = time.Second

// compareDay compares a day, or waits until a server that is at it has done so.
func compareDay(ctx context.Context, d *app.Drift, day string, again bool, e env) error {
	cfg, err := ofServer(ctx, d, e, config.Load)
	if err != nil {
		return err
	}
	service, err := d.Service(ctx, cfg, versionText())
	if err != nil {
		return err
	}
	if _, err := service.Start(ctx, day, time.Now(), again); err != nil {
		return err
	}

	for {
		ended, err := service.Work(ctx, day)
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

	runs, err := d.Runs(ctx, day, findingsShown)
	if err != nil {
		return err
	}

	return showRuns(runs, e)
}

// showRuns prints what was compared; programs want the findings alone. A run
// that failed is an error.
func showRuns(runs []drift.Run, e env) error {
	if e.JSON {
		e.Out, e.JSON = io.Discard, false
	}

	out := e.List("DAY", "ACCOUNT", "STATE", "UNTIL", "PAYMENTS", "OF OTHERS", "LOOKED AT TWICE")
	var failed error
	for _, r := range runs {
		if err := out.Add(nil, r.Day, accountName(r.Account), cli.State(r.State), r.Until, r.Charges, r.Neighbours,
			r.Judged); err != nil {
			return err
		}

		if r.State == drift.Failed {
			failed = errors.Join(failed, fmt.Errorf("%s of %s: %s", r.Day, accountName(r.Account), r.Problem))
		}
	}

	err := out.Close()
	_, _ = fmt.Fprintln(e.Out)
	return errors.Join(err, failed)
}

func accountName(account string) string {
	if account == "" {
		return "own"
	}
	return account
}

// showFindings prints the newest findings in a state, "" for any, and returns
// how many there are that are open, the ones that are not shown included.
func showFindings(
	ctx context.Context, d *app.Drift, state drift.FindingState, limit int, e env,
) (open int64, err error) {
	list, err := d.Findings(ctx, state, limit+1)
	if err != nil {
		return 0, err
	}

	for i := range list[:min(limit, len(list))] {
		f := &list[i]
		if err := e.Show(drift.Render(f), func(w io.Writer) { printFinding(w, f, e) }); err != nil {
			return 0, err
		}
	}

	if len(list) == 0 && !e.JSON {
		_, err = fmt.Fprintln(e.Out, "nothing differs")
	}
	if err = cmp.Or(err, tellOfMore(e, len(list), limit)); err != nil {
		return 0, err
	}

	return d.OpenFindings(ctx)
}

func printFinding(w io.Writer, f *drift.Finding, e env) {
	state := ""
	if f.State != drift.Open {
		state = fmt.Sprintf("  (%s%s)", e.Paint(string(f.State)), afterColon(f.Note))
	}

	_, _ = fmt.Fprintf(w, "%s  %s  %s  %s  %s%s\n    %s: at Stripe %s, here %s (%s)\n    → %s\n",
		f.ID, f.Day, f.Kind, cmp.Or(f.OrderID, "no order"), f.ObjectID, state,
		f.Kind.Means(), amountText(f.AtStripe, f.Currency), amountText(f.Here, f.Currency), cli.Printable(f.Detail),
		f.Kind.Todo())
}

func afterColon(note string) string {
	if note == "" {
		return ""
	}
	return ": " + cli.Printable(note)
}

func amountText(minor int64, currency string) string {
	if minor == 0 {
		return "nothing"
	}
	return amount(minor, currency)
}
