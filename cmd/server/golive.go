package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"checkoutd/internal/app"
	"checkoutd/internal/config"
	"checkoutd/internal/golive"
)

const goliveUsage = `usage: server golive [--json] [--test] [--log FILE]
       server golive --create-endpoints [--dry-run] [--secrets-file FILE]
       server golive history [--limit N]
       server golive tick <box> --by NAME [--note TEXT]
       server golive untick <box> --by NAME [--note TEXT]
       server golive --probe [--wait 1m]
       server golive --rehearse [--json]

Checks whether this installation is ready for real payments, with the settings of the server: what Stripe's
checklist asks for, and what it asks of plugins. docs/golive.md has a section for each check. The server may be
running. Nothing changes at Stripe but by two flags: --probe, which has a help of its own as --rehearse has, and
--create-endpoints, which creates the webhook endpoints that are missing, with the right version and events,
and prints their secrets once.

  history  when it was green last, and what changed from run to run
  tick     say that you have looked at what no API shows: a check whose name begins with box-
  untick   take it back

The exit code is 0 if nothing is red, 1 if something is, and 2 if the checklist could not be run.

`

// The exit codes of golive.
const (
	exitRed    = 1
	exitNotRun = 2
)

// goliveArgs are the arguments of golive.
type goliveArgs struct {
	sub          string // history, tick, untick or ""
	box          string
	json, test   bool
	create       bool
	dryRun       bool
	secretsFile  string
	log          string
	person, note string
	limit        int
}

// goliveCommand runs the checklist before going live.
func goliveCommand(ctx context.Context, args []string, e env) error {
	switch {
	case isProbe(args):
		return probeCommand(ctx, args, e)
	case isRehearsal(args):
		return rehearseCommand(ctx, args, e)
	}

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

		switch a.sub {
		case "history":
			return goliveHistory(ctx, service, a.limit, e.out)
		case "tick":
			return done(e.out, service.Tick(ctx, a.box, a.person, a.note), "ticked "+a.box)
		case "untick":
			return done(e.out, service.Untick(ctx, a.box, a.person, a.note), "took back the tick of "+a.box)
		}

		if a.create {
			if err := open.Problem(); err != nil {
				return err
			}
			return createEndpoints(ctx, service, a, e.out)
		}

		report, err := service.Run(ctx)
		red = report.Status == golive.Red

		show := showReport
		if a.json {
			show = printChecks
		}

		return errors.Join(show(e.out, report), err)
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

	if len(args) > 0 && slices.Contains([]string{"history", "tick", "untick"}, args[0]) {
		a.sub, args = args[0], args[1:]
	}

	fs := newFlags("golive "+a.sub, goliveUsage, stderr)
	switch a.sub {
	case "":
		fs.BoolVar(&a.json, "json", false, "print one check a line, as JSON")
		fs.BoolVar(&a.test, "test", false, "expect test keys: check a rehearsal instead of the real thing")
		fs.BoolVar(&a.create, "create-endpoints", false, "create the webhook endpoints that are missing")
		fs.BoolVar(&a.dryRun, "dry-run", false, "only say which endpoints would be created")
		fs.StringVar(&a.secretsFile, "secrets-file", "",
			"write the secrets to this new `file`, which only you can read, instead of printing them")
		fs.StringVar(&a.log, "log", "", "look into this `file` for personal data of a request that is made")

	case "history":
		fs.IntVar(&a.limit, "limit", 30, "show at most this `number` of runs")
	default:
		fs.StringVar(&a.person, "by", "", "who you are")
		fs.StringVar(&a.note, "note", "", "what you looked at")
	}

	words, err := parseInterspersed(fs, args)

	ticks := a.sub == "tick" || a.sub == "untick"
	switch {
	case err != nil:
		return a, err
	case ticks && len(words) == 1:
		a.box = words[0]
	case ticks:
		return a, fmt.Errorf("golive %s needs the name of one box", a.sub)
	case len(words) > 0:
		return a, fmt.Errorf("golive: unexpected argument %q", words[0])
	case !a.create && (a.dryRun || a.secretsFile != ""):
		return a, errors.New("golive: --dry-run and --secrets-file go with --create-endpoints")
	case a.sub == "history" && a.limit < 1:
		return a, errors.New("golive history: --limit is 1 or more")
	}

	return a, nil
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
func goliveHistory(ctx context.Context, service *golive.Service, limit int, out io.Writer) error {
	runs, err := service.Runs(ctx)
	if err != nil {
		return err
	}

	last := "never"
	for _, r := range slices.Backward(runs) {
		if r.Status == golive.Green {
			last = formatTime(r.RanAt)
		}
	}

	_, _ = fmt.Fprintf(out, "last green: %s\n\n", last)

	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "RAN AT\tVERSION\tGREEN\tRED\tNOT VISIBLE\tCHANGED")

	for i, r := range runs[:min(limit, len(runs))] {
		var changed []string
		if i+1 < len(runs) {
			for _, c := range golive.Changes(runs[i+1], r) {
				changed = append(changed, c.String())
			}
		}

		_, _ = fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%d\t%s\n", formatTime(r.RanAt), r.Version, r.Green, r.Red, r.Hidden,
			strings.Join(changed, ", "))
	}

	return w.Flush()
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
