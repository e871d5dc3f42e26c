package main

import (
	"context"
	"errors"
	"time"

	"checkoutd/internal/app"
	"checkoutd/internal/cli"
	"checkoutd/internal/config"
	"checkoutd/internal/golive"
)

// probe follows an event from Stripe to the server.
func probe(ctx context.Context, wait time.Duration, e env) error {
	var evidence string
	var failed error
	err := withOpened(ctx, e, app.OpenGoLive, func(open *app.GoLive) error {
		if err := open.Problem(); err != nil {
			return err
		}
		cfg, err := ofServer(ctx, open, e, config.Load)
		if err != nil {
			return err
		}

		evidence, failed = open.Probe(ctx, cfg, versionText(), wait, waitFor)
		return nil
	})

	switch {
	case err != nil:
		return cli.WithExitCode(exitNotRun, publicError(err))
	case errors.As(failed, new(golive.ArrivalError)):
		return cli.WithExitCode(exitRed, failed)
	case failed != nil:
		return cli.WithExitCode(exitNotRun, failed)
	}

	return e.Result(cli.Object{"evidence": evidence}, "%s\n", evidence)
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
