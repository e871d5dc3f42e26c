package main

import (
	"context"
	"errors"
	"flag"
	"fmt"

	"checkoutd/internal/app"
	"checkoutd/internal/cli"
	"checkoutd/internal/config"
	"checkoutd/internal/conform"
)

// The exit codes of conform.
const (
	exitDifferent  = 1
	exitUnfinished = 2
)

// conformCommand compares the answers of Stripe with what checkoutd relies on.
func conformCommand() cli.Command {
	return cli.Command{
		Name:  "conform",
		Short: "compare the answers of Stripe with what checkoutd relies on; takes test keys only",
		Long: `Makes the calls at Stripe on which checkoutd relies and compares the answers with what it expects. It takes test
			keys only and moves no real money. What it creates is marked, and removed at the end; a run that was killed is
			cleaned up by the next one. Do not run two at once on one account.

			The report names no key, account or e-mail: please send it to the makers if something is different. Without
			--account nothing is tried on connected accounts. docs/conform.md has more.

			The exit code is 0 if everything that this account and this key can try is as expected, 1 if something is
			different, and 2 if nothing could be tried, a case ended for want of an answer or of time, or the run could not
			be made.`,
		Example: "STRIPE_SECRET_KEY=sk_test_… server conform --only tokens/",
		JSON:    "the report as one object, with every case",
		New:     newConform,
	}
}

func newConform(fs *flag.FlagSet) cli.Action {
	account := fs.String("account", "", "a connected `account` of test mode on which to try the calls of Connect")
	only := fs.String("only", "", "try only the cases whose names begin with `NAME`, such as tokens/")

	return func(ctx context.Context, _ []string, e env) error {
		if *account != "" && !accountPattern.MatchString(*account) {
			return cli.Usage("conform: --account takes the ID of a connected account (acct_…)")
		}
		return runConform(ctx, app.ConformOptions{Version: versionText(), Account: *account, Only: *only}, e)
	}
}

func runConform(ctx context.Context, options app.ConformOptions, e env) error {
	cfg, _, err := load(config.Conform, e)
	if err != nil {
		return cli.WithExitCode(exitUnfinished, err)
	}

	if e.Terminal {
		options.Progress = func(done, all int) { _, _ = fmt.Fprintf(e.Err, "\r%d of %d cases", done, all) }
	}

	report, err := app.Conform(ctx, cfg, options)
	if err != nil {
		return cli.WithExitCode(exitUnfinished, err)
	}

	if e.Terminal {
		_, _ = fmt.Fprintln(e.Err)
	}

	if err := printConformity(report, e); err != nil {
		return cli.WithExitCode(exitUnfinished, err)
	}

	return verdict(report)
}

// printConformity prints the report, and beside it what a person has to remove:
// that names objects, so it does not belong into what is sent to others.
func printConformity(report *conform.Report, e env) error {
	for _, left := range report.NotRemoved {
		if _, err := fmt.Fprintf(e.Err, "not removed, please do so in the Dashboard: %s\n", left); err != nil {
			return err
		}
	}

	if e.JSON {
		return e.Encode(report)
	}
	return report.Text(e.Out)
}

// verdict returns the error with the exit code of a run, nil if everything is
// as expected.
func verdict(report *conform.Report) error {
	switch different := report.Counts[string(conform.Different)]; {
	case report.Interrupted:
		return cli.WithExitCode(exitUnfinished, errors.New("the run was interrupted"))
	case different > 0:
		return cli.WithExitCode(exitDifferent, fmt.Errorf("%d cases are different: see above", different))
	case len(report.NotRemoved) > 0:
		return cli.WithExitCode(exitUnfinished, errors.New("not everything could be removed"))
	case len(report.Cases) == 0:
		return cli.WithExitCode(exitUnfinished, errors.New("no case has such a name"))
	case report.Unfinished > 0:
		return cli.WithExitCode(exitUnfinished,
			fmt.Errorf("%d cases ended for want of an answer or of time", report.Unfinished))
	case report.Counts[string(conform.Same)] == 0:
		return cli.WithExitCode(exitUnfinished, errors.New("no case could be tried: see above"))
	}

	return nil
}
