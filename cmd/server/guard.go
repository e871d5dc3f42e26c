package main

import (
	"context"
	"fmt"
	"io"

	"checkoutd/internal/app"
	"checkoutd/internal/cli"
	"checkoutd/internal/guard"
)

// guardCommand shows or sets what the guard against card testing does.
func guardCommand() cli.Command {
	return cli.Command{
		Name:  "guard",
		Args:  "[on|strict|off]",
		Short: "show or change what the guard against card testing does",
		Long: `Without an argument it prints what the guard sees.

			"on" refuses addresses whose cards are declined again and again, and slows strangers down while most cards of
			the whole shop are declined. "strict" slows strangers down all the time: for an attack that the guard does not
			notice by itself. "off" refuses nobody.

			Running servers follow within a second. A server with CARD_TESTING_GUARD=false has no guard.`,
		Example: "server guard\nserver guard strict",
		JSON:    "one object: mode, alarm, and paid, failed and waiting attempts of last_minute, last_10_minutes and last_hour",
		New:     plain(runGuard),
	}
}

func runGuard(ctx context.Context, words []string, e env) error {
	if len(words) > 1 || len(words) == 1 && !guard.Mode(words[0]).Known() {
		return cli.Usage("guard takes one of on, strict and off, or nothing")
	}

	return withOpened(ctx, e, app.OpenCardGuard, func(g *app.CardGuard) error {
		if len(words) == 1 {
			if err := g.Set(ctx, guard.Mode(words[0])); err != nil {
				return err
			}
		}

		s, err := g.Status(ctx)
		if err != nil {
			return err
		}
		return printGuard(e, s)
	})
}

func printGuard(e env, s guard.Status) error {
	alarm := "no alarm"
	if s.Alarm {
		alarm = "ALARM: buyers who have not paid before are slowed down"
	}

	of := func(o guard.Outcomes) cli.Object {
		return cli.Object{"paid": o.Good, "failed": o.Failed, "waiting": o.Waiting}
	}
	object := cli.Object{
		"mode":            s.Mode,
		"alarm":           s.Alarm,
		"last_minute":     of(s.Shop.LastMinute),
		"last_10_minutes": of(s.Shop.Recent),
		"last_hour":       of(s.Shop.Hour),
	}

	return e.Show(object, func(w io.Writer) {
		_, _ = fmt.Fprintf(w, "mode %s, %s\n\n%-15s %8s %8s %8s\n", s.Mode, alarm, "", "paid", "failed", "waiting")
		for _, row := range []struct {
			name string
			guard.Outcomes
		}{
			{"last minute", s.Shop.LastMinute},
			{"last 10 minutes", s.Shop.Recent},
			{"last hour", s.Shop.Hour},
		} {
			_, _ = fmt.Fprintf(w, "%-15s %8d %8d %8d\n", row.name, row.Good, row.Failed, row.Waiting)
		}
	})
}
