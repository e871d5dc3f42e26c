// Command server is checkoutd: a self-hosted checkout backend for Stripe.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"checkoutd/internal/cli"
)

func main() {
	ignoreSignals()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)

	// The first signal lets what is in flight finish, the second ends the
	// process at once.
	context.AfterFunc(ctx, stop)

	err := run(ctx, os.Args[1:], cli.Environment())
	stop()
	if err != nil {
		cli.PrintError(os.Stderr, "server", os.Args[1:], err)
		os.Exit(cli.ExitCode(err))
	}
}

// catchHangups keeps SIGHUP from ending the process, and returns the channel
// that tells of it, until stop is called.
func catchHangups() (hangups <-chan os.Signal, stop func()) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGHUP)

	return c, func() {
		signal.Stop(c)
		close(c)
	}
}
