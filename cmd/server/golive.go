package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"
	"time"

	"checkoutd/internal/app"
	"checkoutd/internal/cli"
	"checkoutd/internal/config"
	"checkoutd/internal/golive"
)

// The exit codes of golive and drift.
const (
	exitRed    = 1
	exitNotRun = 2
)

// goliveArgs are the flags of golive.
type goliveArgs struct {
	test, create, dryRun bool
	secretsFile          string
	log                  string
	probe, rehearse      bool
	wait                 time.Duration
}

// goliveCommand runs the checklist before going live.
func goliveCommand() cli.Command {
	return cli.Command{
		Name:  "golive",
		Short: "check whether this installation is ready for real payments",
		Long: `It reads the settings of the server and what they lead to at Stripe: what Stripe's checklist asks for, and what it
			asks of plugins. docs/golive.md has a section for each check. Nothing changes at Stripe but by two flags:
			--create-endpoints creates the webhook endpoints that are missing, with the right version and events, and prints
			their secrets once. --probe creates a PaymentIntent of the smallest amount, cancels it, and waits until the
			running server has got both of its events at its public address; nobody is charged.

			--rehearse walks the edge cases of Stripe's checklist with the settings and the catalog of the server: incomplete,
			invalid and duplicate data, declined cards, every type of error, 3D Secure, late, duplicate, disordered and forged
			webhooks, a refund and a dispute. It starts a checkout of its own for that, with a temporary database and the
			offline Stripe. Nothing is sent to Stripe, to your servers or to anybody else, and nothing is left behind but the
			outcome, which the checklist shows for box-edge-cases and box-errors until the settings or the catalog change. It
			takes less than two minutes.

			The exit code is 0 if nothing is red, 1 if something is or if an event did not come, and 2 if the checklist, the
			probe or the rehearsal could not be made.`,
		Example: "server golive\nserver golive --create-endpoints --dry-run\nserver golive --probe --wait 1m",
		JSON: "a check: check, title, status, evidence, todo, help; with --rehearse a case, with --create-endpoints an " +
			"endpoint, with --probe one object with the evidence",
		New: newGoLive,
		Commands: []cli.Command{
			{
				Name:    "history",
				Short:   "when it was green last, and what changed from run to run",
				Example: "server golive history --limit 5",
				JSON:    "ran_at, version, status, green, red, not_visible, changed",
				Paged:   true,
				New:     newGoLiveHistory,
			},
			{
				Name:    "tick",
				Args:    "BOX",
				Short:   "say that you have looked at what no API shows: a check whose name begins with box-",
				Example: "server golive tick box-logs --by Ada --note 'looked at a day of logs'",
				JSON:    "one object with ticked, the box",
				New:     newTick("tick", "ticked ", (*golive.Service).Tick),
			},
			{
				Name:    "untick",
				Args:    "BOX",
				Short:   "take a tick back",
				Example: "server golive untick box-logs --by Ada",
				JSON:    "one object with unticked, the box",
				New:     newTick("untick", "took back the tick of ", (*golive.Service).Untick),
			},
		},
	}
}

func newGoLive(fs *flag.FlagSet) cli.Action {
	var a goliveArgs
	fs.BoolVar(&a.test, "test", false, "expect test keys: check a rehearsal instead of the real thing")
	fs.StringVar(&a.log, "log", "", "look into this `file` for personal data of a request that is made")
	fs.BoolVar(&a.create, "create-endpoints", false, "create the webhook endpoints that are missing")
	fs.BoolVar(&a.dryRun, "dry-run", false, "with --create-endpoints: only say which would be created")
	fs.StringVar(&a.secretsFile, "secrets-file", "", "with --create-endpoints: write the secrets to this new `file`, "+
		"which only you can read, instead of printing them")
	fs.BoolVar(&a.probe, "probe", false, "follow an event from Stripe to the server")
	fs.DurationVar(&a.wait, "wait", time.Minute, "with --probe: how long to wait for the events")
	fs.BoolVar(&a.rehearse, "rehearse", false, "walk the edge cases with the offline Stripe")

	return func(ctx context.Context, _ []string, e env) error {
		switch {
		case a.probe && a.rehearse, (a.probe || a.rehearse) && a.create:
			return cli.Usage("golive does one at a time: --probe, --rehearse or --create-endpoints")
		case !a.create && (a.dryRun || a.secretsFile != ""):
			return cli.Usage("golive: --dry-run and --secrets-file go with --create-endpoints")
		case a.probe:
			return probe(ctx, a.wait, e)
		case a.rehearse:
			return rehearse(ctx, e)
		}
		return runChecklist(ctx, a, e)
	}
}

func runChecklist(ctx context.Context, a goliveArgs, e env) error {
	red := false
	err := withGoLive(ctx, a, e, func(open *app.GoLive, service *golive.Service) error {
		if a.create {
			if err := open.Problem(); err != nil {
				return err
			}
			return createEndpoints(ctx, service, a, e)
		}

		report, err := service.Run(ctx)
		red = report.Status == golive.Red
		return errors.Join(showReport(e, report), err)
	})

	if err == nil && red {
		return cli.WithExitCode(exitRed, errors.New("not ready: see what is red above"))
	}
	return err
}

// withGoLive opens the checklist. An error ends the program as a checklist that
// could not be run does.
func withGoLive(ctx context.Context, a goliveArgs, e env, use func(*app.GoLive, *golive.Service) error) error {
	err := withOpened(ctx, e, app.OpenGoLive, func(open *app.GoLive) error {
		service, err := openGoLive(ctx, open, a, e)
		if err != nil {
			return err
		}
		return use(open, service)
	})
	return cli.WithExitCode(exitNotRun, publicError(err))
}

func newTick(
	name, did string, tick func(s *golive.Service, ctx context.Context, box, person, note string) error,
) func(*flag.FlagSet) cli.Action {
	return func(fs *flag.FlagSet) cli.Action {
		person := fs.String("by", "", "the `name` of whoever looked at it")
		note := fs.String("note", "", "a `text`: what you looked at")

		return func(ctx context.Context, words []string, e env) error {
			if len(words) != 1 {
				return cli.Usage("golive %s needs the name of one box", name)
			}

			return withGoLive(ctx, goliveArgs{}, e, func(_ *app.GoLive, service *golive.Service) error {
				if err := tick(service, ctx, words[0], *person, *note); err != nil {
					return err
				}
				return e.Result(cli.Object{name + "ed": words[0]}, "%s%s\n", did, words[0])
			})
		}
	}
}

func newGoLiveHistory(fs *flag.FlagSet) cli.Action {
	limit := fs.Int("limit", 30, "show at most this `number` of runs")

	return func(ctx context.Context, _ []string, e env) error {
		if *limit < 1 {
			return cli.Usage("golive history: --limit is 1 or more")
		}
		return withGoLive(ctx, goliveArgs{}, e, func(_ *app.GoLive, service *golive.Service) error {
			return goliveHistory(ctx, service, *limit, e)
		})
	}
}

// openGoLive returns the checklist, with the settings of the server. Those may
// lack the secrets of webhook endpoints that do not exist yet.
func openGoLive(ctx context.Context, open *app.GoLive, a goliveArgs, e env) (*golive.Service, error) {
	cfg, err := ofServer(ctx, open, e, config.LoadWithoutHooks)
	if err != nil {
		return nil, err
	}

	return open.Service(ctx, cfg, app.GoLiveOptions{
		Version:  versionText(),
		WantLive: !a.test,
		Log:      a.log,
		Now:      time.Now,
	})
}

// goliveHistory prints the last runs, newest first, with what changed since the
// run before.
func goliveHistory(ctx context.Context, service *golive.Service, limit int, e env) error {
	runs, err := service.Runs(ctx)
	if err != nil {
		return err
	}

	last := "never"
	for _, r := range slices.Backward(runs) {
		if r.Status == golive.Green {
			last = e.Time(r.RanAt)
		}
	}
	if !e.JSON {
		_, _ = fmt.Fprintf(e.Out, "last green: %s\n\n", last)
	}

	out := e.List("RAN AT", "STATUS", "GREEN", "RED", "NOT VISIBLE", "VERSION", "CHANGED")
	for i, r := range runs[:min(limit, len(runs))] {
		changed := []string{}
		if i+1 < len(runs) {
			for _, c := range golive.Changes(runs[i+1], r) {
				changed = append(changed, c.String())
			}
		}

		object := cli.Object{
			"ran_at":      r.RanAt,
			"version":     r.Version,
			"status":      r.Status,
			"green":       r.Green,
			"red":         r.Red,
			"not_visible": r.Hidden,
			"changed":     changed,
		}
		if err := out.Add(object, r.RanAt, cli.State(r.Status), r.Green, r.Red, r.Hidden, r.Version,
			cli.Text(strings.Join(changed, ", "))); err != nil {
			return err
		}
	}
	if err := out.Close(); err != nil {
		return err
	}
	return tellOfMore(e, len(runs), limit)
}

// marks are how a status is shown to people.
var marks = map[golive.Status]string{
	golive.Green:  "green",
	golive.Red:    "RED",
	golive.Hidden: "not visible",
}

// showReport prints a report: for programs one check a line, for people what is
// to be done below each check.
func showReport(e env, r *golive.Report) error {
	if e.JSON {
		for _, c := range r.Checks {
			if err := e.Encode(c); err != nil {
				return err
			}
		}
		return nil
	}

	w := cli.NewGrid(e.Out)
	_, _ = fmt.Fprintln(w, "STATUS\tCHECK\tEVIDENCE")
	for _, c := range r.Checks {
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\n", e.Paint(marks[c.Status]), c.Check,
			cli.Printable(c.Title+": "+c.Evidence))
		if c.Todo != "" {
			_, _ = fmt.Fprintf(w, "\t\t→ %s (%s)\n", cli.Printable(sentence(c.Todo)), c.Help)
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}

	_, err := fmt.Fprintf(e.Out, "\n%d green, %d red, %d not visible\n", r.Green, r.Red, r.Hidden)
	return err
}

// sentence ends a text with a period.
func sentence(s string) string {
	if strings.HasSuffix(s, ".") {
		return s
	}
	return s + "."
}
