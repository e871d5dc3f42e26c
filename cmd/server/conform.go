package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"checkoutd/internal/app"
	"checkoutd/internal/config"
	"checkoutd/internal/conform"
)

const conformUsage = `usage: STRIPE_SECRET_KEY=sk_test_… server conform [--json] [--account acct_…] [--only NAME]

Makes the calls at Stripe on which checkoutd relies and compares the answers with what it expects. It takes test
keys only and moves no real money. What it creates is marked, and removed at the end; a run that was killed is
cleaned up by the next one. Do not run two at once on one account.

The report names no key, account or e-mail: please send it to the makers if something is different. Without
--account nothing is tried on connected accounts. docs/conform.md has more.

The exit code is 0 if everything that this account and this key can try is as expected, 1 if something is different,
and 2 if nothing could be tried, a case ended for want of an answer or of time, or the run could not be made.

`

// The exit codes of conform.
const (
	exitDifferent  = 1
	exitUnfinished = 2
)

// conformArgs are the arguments of conform.
type conformArgs struct {
	json          bool
	account, only string
}

// conformCommand compares the answers of Stripe with what checkoutd relies on.
func conformCommand(ctx context.Context, args []string, e env) error {
	a, err := parseConformArgs(args, e.err)
	if err != nil {
		return withExitCode(exitUnfinished, ignoreHelp(err))
	}

	cfg, _, err := load(config.Conform, e)
	if err != nil {
		return withExitCode(exitUnfinished, err)
	}

	options := app.ConformOptions{Version: versionText(), Account: a.account, Only: a.only}
	if e.terminal {
		options.Progress = func(done, all int) { _, _ = fmt.Fprintf(e.err, "\r%d of %d cases", done, all) }
	}

	report, err := app.Conform(ctx, cfg, options)
	if err != nil {
		return withExitCode(exitUnfinished, err)
	}

	if e.terminal {
		_, _ = fmt.Fprintln(e.err)
	}

	if err := printConformity(report, a.json, e); err != nil {
		return withExitCode(exitUnfinished, err)
	}

	return verdict(report)
}

func parseConformArgs(args []string, stderr io.Writer) (a conformArgs, err error) {
	if len(args) > 0 && isHelp(args[0]) {
		args = []string{"-h"}
	}

	fs := newFlags("conform", conformUsage, stderr)
	fs.BoolVar(&a.json, "json", false, "print the report as JSON, with every case")
	fs.StringVar(&a.account, "account", "", "a connected account of test mode on which to try the calls of Connect")
	fs.StringVar(&a.only, "only", "", "try only the cases whose names begin with `NAME`, such as tokens/")

	words, err := parseInterspersed(fs, args)
	switch {
	case err != nil:
		return a, err
	case len(words) > 0:
		return a, fmt.Errorf("conform: unexpected argument %q", words[0])
	case a.account != "" && !accountPattern.MatchString(a.account):
		return a, errors.New("conform: --account takes the ID of a connected account (acct_…)")
	}

	return a, nil
}

// printConformity prints the report, and beside it what a person has to remove:
// that names objects, so it does not belong into what is sent to others.
func printConformity(report *conform.Report, asJSON bool, e env) error {
	for _, left := range report.NotRemoved {
		if _, err := fmt.Fprintf(e.err, "not removed, please do so in the Dashboard: %s\n", left); err != nil {
			return err
		}
	}

	if !asJSON {
		return report.Text(e.out)
	}

	enc := json.NewEncoder(e.out)
	enc.SetIndent("", "  ")
	return enc.Encode(report)
}

// verdict returns the error with the exit code of a run, nil if everything is
// as expected.
func verdict(report *conform.Report) error {
	switch different := report.Counts[string(conform.Different)]; {
	case report.Interrupted:
		return withExitCode(exitUnfinished, errors.New("the run was interrupted"))
	case different > 0:
		return withExitCode(exitDifferent, fmt.Errorf("%d cases are different: see above", different))
	case len(report.NotRemoved) > 0:
		return withExitCode(exitUnfinished, errors.New("not everything could be removed"))
	case len(report.Cases) == 0:
		return withExitCode(exitUnfinished, errors.New("no case has such a name"))
	case report.Unfinished > 0:
		return withExitCode(exitUnfinished,
			fmt.Errorf("%d cases ended for want of an answer or of time", report.Unfinished))
	case report.Counts[string(conform.Same)] == 0:
		return withExitCode(exitUnfinished, errors.New("no case could be tried: see above"))
	}

	return nil
}
