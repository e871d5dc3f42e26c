package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"checkoutd/internal/app"
	"checkoutd/internal/config"
	"checkoutd/internal/golive"
)

const probeUsage = `usage: server golive --probe [--wait 1m]

Creates a PaymentIntent of the smallest amount at Stripe, cancels it, and waits until the running server has got
both of its events at its public address. Nobody is charged. With live keys it tries the real thing: the key, the
endpoint, its signing secret, its version and the way from Stripe to you.

The exit code is 0 if both events came, 1 if one did not or came in another API version, and
2 if the probe could not be made.

`

// isProbe reports whether the arguments of golive ask for a probe.
func isProbe(args []string) bool {
	return slices.Contains(args, "--probe") || slices.Contains(args, "-probe")
}

// probeCommand follows an event from Stripe to the server.
func probeCommand(ctx context.Context, args []string, e env) error {
	fs := newFlags("golive --probe", probeUsage, e.err)
	fs.Bool("probe", true, "follow an event from Stripe to the server")
	wait := fs.Duration("wait", time.Minute, "how long to wait for the events")

	words, err := parseInterspersed(fs, args)
	switch {
	case err != nil:
		return withExitCode(exitNotRun, ignoreHelp(err))
	case len(words) > 0:
		return withExitCode(exitNotRun, fmt.Errorf("golive --probe: unexpected argument %q", words[0]))
	}

	var evidence string
	var failed error
	err = withOpened(ctx, e, app.OpenGoLive, func(open *app.GoLive) error {
		if err := open.Problem(); err != nil {
			return err
		}
		cfg, err := ofServer(ctx, open, e, config.Load)
		if err != nil {
			return err
		}

		evidence, failed = open.Probe(ctx, cfg, versionText(), *wait, waitFor)
		return nil
	})

	switch {
	case err != nil:
		return withExitCode(exitNotRun, publicError(err))
	case errors.As(failed, new(golive.ArrivalError)):
		return withExitCode(exitRed, failed)
	case failed != nil:
		return withExitCode(exitNotRun, failed)
	}

	_, err = fmt.Fprintln(e.out, evidence)
	return err
}

// waitFor returns after a time, or when ctx ends.
func waitFor(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
