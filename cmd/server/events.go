package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"strconv"
	"time"

	"checkoutd/internal/app"
	"checkoutd/internal/cli"
	"checkoutd/internal/webhooks"
)

// eventsCommand lists, shows or replays the events in the inbox.
func eventsCommand() cli.Command {
	const event = "id, type, state, note, order, tries, interrupted, source, secret (its fingerprint), api_version, " +
		"version_mismatch, livemode, account, created, received"

	return cli.Command{
		Name:    "events",
		Short:   "list, show or replay the webhook events in the inbox",
		Example: "server events list --state dead,unmatched",
		Commands: []cli.Command{
			{
				Name:    "list",
				Args:    "[EVENT…]",
				Short:   "list the events in the inbox, newest first",
				Example: "server events list --state dead,unmatched\nserver events list --order ord_… --limit 10",
				JSON:    event,
				Paged:   true,
				New:     newEventsList,
			},
			{
				Name:    "show",
				Args:    "EVENT…",
				Short:   "show events with their payloads",
				Example: "server events show evt_…",
				JSON:    event + ", payload",
				Paged:   true,
				New:     plain(showEvents),
			},
			{
				Name:  "replay",
				Args:  "[EVENT…]",
				Short: "make events due again; the running server processes them",
				Long: "Replaying is safe: an event brings its order up to date, no matter how often it is processed. Name the " +
					"events, or select them by flags.",
				Example: "server events replay --state dead --dry-run",
				JSON:    "one object with due, the number of events; with --dry-run id, type and outcome of each event",
				New:     newEventsReplay,
			},
		},
	}
}

// defineFilter defines the flags of a filter. Once they have been parsed,
// parseFilter sets the filter from their values.
func defineFilter(fs *flag.FlagSet, f *webhooks.Filter) (parseFilter func() error) {
	types := fs.String("type", "", "event `types`, comma-separated")
	states := fs.String("state", "",
		"`states`, comma-separated: received, working, unmatched, done, ignored, dead, quarantined")
	fs.StringVar(&f.OrderID, "order", "", "the `ID` of the events' order")
	from := fs.String("from", "", "received at or after this `time`: 2026-01-31 or 2026-01-31T12:00:00Z")
	to := fs.String("to", "", "received before this `time`")

	return func() (err error) {
		f.Types = splitList(*types)
		if f.States, err = parseStates(*states); err != nil {
			return err
		}
		f.From, f.To, err = parseRange(*from, *to)
		return err
	}
}

// parseStates parses the value of --state.
func parseStates(text string) (states []webhooks.State, err error) {
	for _, name := range splitList(text) {
		switch s := webhooks.State(name); s {
		case webhooks.Received, webhooks.Working, webhooks.Unmatched, webhooks.Done,
			webhooks.Ignored, webhooks.Dead, webhooks.Quarantined:
			states = append(states, s)
		default:
			return nil, cli.Usage("--state: unknown state %q: "+
				"use received, working, unmatched, done, ignored, dead or quarantined", name)
		}
	}

	return states, nil
}

func newEventsList(fs *flag.FlagSet) cli.Action {
	var f webhooks.Filter
	parseFilter := defineFilter(fs, &f)
	limit := fs.Int("limit", 100, "list at most this `number` of events")

	return func(ctx context.Context, words []string, e env) error {
		if err := parseFilter(); err != nil {
			return err
		}
		f.IDs = words
		if *limit < 1 {
			return cli.Usage("--limit must be 1 or more")
		}

		return withOpened(ctx, e, app.OpenInbox, func(inbox *app.Inbox) error {
			return listEvents(ctx, inbox, f, *limit, e)
		})
	}
}

// listEvents prints the events that the filter selects as it reads them.
func listEvents(ctx context.Context, inbox *app.Inbox, f webhooks.Filter, limit int, e env) error {
	out := e.List("RECEIVED", "ID", "STATE", "TYPE", "ORDER", "NOTE", "TRIES")

	return inPages(e, out, limit,
		func(n int, last *webhooks.Event) ([]webhooks.Event, error) {
			f.Limit = n
			if last != nil {
				f.Before = last.ID
			}

			return inbox.Events(ctx, f)
		},
		func(found []webhooks.Event) error {
			for _, v := range found {
				if err := out.Add(eventObject(&v), v.ReceivedAt, v.ID, cli.State(v.State), v.Type, v.OrderID,
					cli.Text(v.Note), v.Tries); err != nil {
					return err
				}
			}

			return nil
		})
}

// eventObject returns an event as --json shows it, without its payload.
func eventObject(v *webhooks.Event) cli.Object {
	return cli.Object{
		"id":               v.ID,
		"type":             v.Type,
		"state":            v.State,
		"note":             v.Note,
		"order":            v.OrderID,
		"tries":            v.Tries,
		"interrupted":      v.Interrupted,
		"source":           v.Source,
		"secret":           v.Secret,
		"api_version":      v.APIVersion,
		"version_mismatch": v.VersionMismatch,
		"livemode":         v.Livemode,
		"account":          v.Account,
		"created":          v.Created,
		"received":         v.ReceivedAt,
	}
}

// showEvents prints events with their payloads.
func showEvents(ctx context.Context, ids []string, e env) error {
	if len(ids) == 0 {
		return cli.Usage("show needs the ID of an event")
	}

	return withOpened(ctx, e, app.OpenInbox, func(inbox *app.Inbox) error {
		for _, id := range ids {
			v, err := inbox.Event(ctx, id)
			if err != nil {
				return fmt.Errorf("%s: %w", id, publicError(err))
			}
			if err := showEvent(&v, e); err != nil {
				return err
			}
		}
		return nil
	})
}

func showEvent(v *webhooks.Event, e env) error {
	object := eventObject(v)
	object["payload"] = json.RawMessage(v.Payload)

	return e.Show(object, func(w io.Writer) {
		writeRows(w,
			"id", v.ID,
			"type", v.Type,
			"state", e.Paint(string(v.State)),
			"note", v.Note,
			"order", v.OrderID,
			"tries", strconv.FormatInt(v.Tries, 10),
			"interrupted", strconv.FormatInt(v.Interrupted, 10),
			"source", v.Source,
			"secret", v.Secret,
			"version", fmt.Sprintf("%s (mismatch %t)", v.APIVersion, v.VersionMismatch),
			"livemode", strconv.FormatBool(v.Livemode),
			"created", e.Time(v.Created),
			"received", e.Time(v.ReceivedAt))
		_, _ = fmt.Fprintf(w, "\n%s\n\n", v.Payload)
	})
}

func newEventsReplay(fs *flag.FlagSet) cli.Action {
	var f webhooks.Filter
	parseFilter := defineFilter(fs, &f)
	dryRun := fs.Bool("dry-run", false, "print which orders would change, and change nothing")

	return func(ctx context.Context, words []string, e env) error {
		if err := parseFilter(); err != nil {
			return err
		}

		f.IDs = words
		hasFilter := len(f.IDs)+len(f.Types)+len(f.States) > 0 || f.OrderID != "" || !f.From.IsZero() || !f.To.IsZero()
		if !hasFilter {
			return cli.Usage("replay needs the IDs of events, or --type, --state, --order, --from or --to")
		}

		return withOpened(ctx, e, app.OpenInbox, func(inbox *app.Inbox) error {
			return replayEvents(ctx, inbox, f, *dryRun, e)
		})
	}
}

// replayEvents makes the events that the filter selects due again.
func replayEvents(ctx context.Context, inbox *app.Inbox, f webhooks.Filter, dryRun bool, e env) error {
	ids, err := selectedIDs(ctx, inbox, f)
	if err != nil {
		return err
	}

	if dryRun {
		for _, id := range ids {
			if err := preview(ctx, inbox, id, e); err != nil {
				return err
			}
		}
		if e.JSON {
			return nil
		}

		_, err = fmt.Fprintf(e.Out, "%d events would be replayed; nothing was changed\n", len(ids))
		return err
	}

	n, err := inbox.ReplayEvents(ctx, ids, time.Now())
	if err != nil {
		return err
	}
	return e.Result(cli.Object{"due": n}, "%d events are due again; the running server will process them\n", n)
}

// selectedIDs returns the IDs of all events that the filter selects. It fails
// for an ID that is not in the inbox, so that a typing error is not taken for
// nothing to do.
func selectedIDs(ctx context.Context, inbox *app.Inbox, f webhooks.Filter) (ids []string, err error) {
	known, err := inbox.Known(ctx, f.IDs)
	if err != nil {
		return nil, err
	}

	for _, id := range f.IDs {
		if !known[id] {
			return nil, cli.WithExitCode(cli.ExitNotFound, fmt.Errorf("%s: there is no such event", id))
		}
	}

	for f.Limit = listPage; ; f.Before = ids[len(ids)-1] {
		page, err := inbox.Events(ctx, f)
		if err != nil {
			return nil, err
		}

		for _, e := range page {
			ids = append(ids, e.ID)
		}

		if len(page) < f.Limit {
			return ids, nil
		}
	}
}

// preview prints what replaying an event would do.
func preview(ctx context.Context, inbox *app.Inbox, id string, e env) error {
	v, err := inbox.Event(ctx, id) // with its payload
	if err != nil {
		return err
	}

	p, err := inbox.Preview(ctx, v)
	outcome := fmt.Sprintf("order %s stays %s", p.OrderID, p.Before)
	switch {
	case err != nil: // the preview of the other events goes on
		outcome = "would fail: " + err.Error()
	case p.Note != "":
		outcome = p.Note
	case p.AsksStripe:
		outcome = fmt.Sprintf("order %s: depends on what Stripe reports then", p.OrderID)
	case p.Before != p.After:
		outcome = fmt.Sprintf("order %s would change from %s to %s", p.OrderID, p.Before, p.After)
	}

	object := cli.Object{"id": v.ID, "type": v.Type, "outcome": outcome}
	return e.Result(object, "%s  %s  %s\n", v.ID, v.Type, outcome)
}
