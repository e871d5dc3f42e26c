package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"

	"checkoutd/internal/app"
	"checkoutd/internal/guard"
)

const guardUsage = `usage: server guard
       server guard on|strict|off

Without an argument it prints what the guard against card testing sees.

  on      refuse addresses whose cards are declined again and again, and slow strangers down while most cards of
          the whole shop are declined
  strict  slow strangers down all the time: for an attack that the guard does not notice by itself
  off     refuse nobody

Running servers follow within a second. A server with CARD_TESTING_GUARD=false has no guard.

`

// guardCommand shows or sets what the guard against card testing does.
func guardCommand(ctx context.Context, args []string, e env) error {
	mode, err := parseGuardMode(args, e.err)
	if err != nil {
		return ignoreHelp(err)
	}

	return withOpened(ctx, e, app.OpenCardGuard, func(g *app.CardGuard) error {
		if mode != "" {
			if err := g.Set(ctx, mode); err != nil {
				return err
			}
		}

		s, err := g.Status(ctx)
		if err != nil {
			return err
		}

		return printGuard(e.out, s)
	})
}

// parseGuardMode returns the mode to set, "" for none.
func parseGuardMode(args []string, stderr io.Writer) (guard.Mode, error) {
	switch {
	case len(args) == 0:
		return "", nil

	case isHelp(args[0]):
		_, err := io.WriteString(stderr, guardUsage)
		return "", cmp.Or(err, flag.ErrHelp)

	case len(args) == 1 && guard.Mode(args[0]).Known():
		return guard.Mode(args[0]), nil
	}

	_, _ = io.WriteString(stderr, guardUsage)
	return "", errors.New("guard takes one of on, strict and off, or nothing")
}

func printGuard(w io.Writer, s guard.Status) error {
	alarm := "no alarm"
	if s.Alarm {
		alarm = "ALARM: buyers who have not paid before are slowed down"
	}

	_, err := fmt.Fprintf(w, "mode %s, %s\n\n%-15s %8s %8s %8s\n", s.Mode, alarm, "", "paid", "failed", "waiting")
	for _, row := range []struct {
		name string
		guard.Outcomes
	}{
		{"last minute", s.Shop.LastMinute},
		{"last 10 minutes", s.Shop.Recent},
		{"last hour", s.Shop.Hour},
	} {
		_, rowErr := fmt.Fprintf(w, "%-15s %8d %8d %8d\n", row.name, row.Good, row.Failed, row.Waiting)
		err = cmp.Or(err, rowErr)
	}

	return err
}
