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
	err := run(untilSignal(), os.Args[1:], cli.Environment())
	if err != nil {
		cli.PrintError(os.Stderr, "server", os.Args[1:], err)
		os.Exit(cli.ExitCode(err))
	}
}

// untilSignal returns a context that ends with the first SIGINT or SIGTERM,
// which lets what is in flight finish. The second one ends the process at once:
// no handler is left when the context ends.
func untilSignal() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt, syscall.SIGTERM)

	go func() {
		<-c
		signal.Stop(c)
		cancel()
	}()

	return ctx
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
