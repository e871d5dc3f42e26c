package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"
	"time"

	"checkoutd/internal/app"
	"checkoutd/internal/webhooks"
)

const eventsUsage = `usage: server events <list|show|replay> [flags] [event IDs]

  list    list the events in the inbox, newest first
  show    show events with their payloads
  replay  make events due again; the running server processes them

Replaying is safe: an event brings its order up to date, no matter how often it is processed.

`

// events lists, shows or replays the events in the inbox.
func events(ctx context.Context, args []string, e env) error {
	sub, q, err := parseEventQuery(args, e.err)
	if err != nil {
		return ignoreHelp(err)
	}

	return withOpened(ctx, e, app.OpenInbox, func(inbox *app.Inbox) error {
		switch sub {
		case "list":
			return listEvents(ctx, inbox, q, e.out)
		case "show":
			return showEvents(ctx, inbox, q, e.out)
		default:
			return replayEvents(ctx, inbox, q, e.out)
		}
	})
}

// eventQuery is the meaning of the arguments.
type eventQuery struct {
	filter webhooks.Filter
	limit  int // of list
	dryRun bool
}

// parseEventQuery parses the arguments of the command.
func parseEventQuery(args []string, stderr io.Writer) (sub string, q eventQuery, err error) {
	if sub, err = subcommand("events", eventsUsage, args, stderr, "list", "show", "replay"); err != nil {
		return "", q, err
	}

	fs := newFlags("events "+sub, eventsUsage, stderr)
	parseFilter := q.defineFilter(fs)
	switch sub {
	case "list":
		fs.IntVar(&q.limit, "limit", 100, "list at most this `number` of events")
	case "replay":
		fs.BoolVar(&q.dryRun, "dry-run", false, "print which orders would change, and change nothing")
	}

	if q.filter.IDs, err = parseInterspersed(fs, args[1:]); err != nil {
		return "", q, err
	}
	if err := parseFilter(); err != nil {
		return "", q, err
	}

	return sub, q, q.check(sub)
}

// defineFilter defines the flags of the filter. Once they have been parsed,
// parseFilter sets the filter from their values.
func (q *eventQuery) defineFilter(fs *flag.FlagSet) (parseFilter func() error) {
	types := fs.String("type", "", "event `types`, comma-separated")
	states := fs.String("state", "",
		"`states`, comma-separated: received, working, unmatched, done, ignored, dead, quarantined")
	fs.StringVar(&q.filter.OrderID, "order", "", "the `ID` of the events' order")
	from := fs.String("from", "", "received at or after this `time`: 2026-01-31 or 2026-01-31T12:00:00Z")
	to := fs.String("to", "", "received before this `time`")

	return func() (err error) {
		q.filter.Types = splitList(*types)
		if q.filter.States, err = parseStates(*states); err != nil {
			return err
		}
		q.filter.From, q.filter.To, err = parseRange(*from, *to)
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
			return nil, fmt.Errorf("--state: unknown state %q: "+
				"use received, working, unmatched, done, ignored, dead or quarantined", name)
		}
	}

	return states, nil
}

// check reports what the subcommand lacks.
func (q eventQuery) check(sub string) error {
	f := q.filter
	hasFilter := len(f.IDs)+len(f.Types)+len(f.States) > 0 || f.OrderID != "" || !f.From.IsZero() || !f.To.IsZero()

	switch {
	case sub == "list" && q.limit < 1:
		return errors.New("--limit must be 1 or more")
	case sub == "show" && len(f.IDs) == 0:
		return errors.New("show needs the ID of an event")
	case sub == "replay" && !hasFilter:
		return errors.New("replay needs the IDs of events, or --type, --state, --order, --from or --to")
	}

	return nil
}

// listEvents prints the events that the filter selects.
func listEvents(ctx context.Context, inbox *app.Inbox, q eventQuery, out io.Writer) error {
	q.filter.Limit = q.limit
	found, err := inbox.Events(ctx, q.filter)
	if err != nil {
		return err
	}

	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "RECEIVED\tID\tTYPE\tSTATE\tTRIES\tORDER\tNOTE")

	for _, e := range found {
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%s\t%s\n",
			formatTime(e.ReceivedAt), e.ID, e.Type, e.State, e.Tries, e.OrderID, e.Note)
	}

	return w.Flush()
}

// showEvents prints events with their payloads.
func showEvents(ctx context.Context, inbox *app.Inbox, q eventQuery, out io.Writer) error {
	for _, id := range q.filter.IDs {
		e, err := inbox.Event(ctx, id)
		if err != nil {
			return fmt.Errorf("%s: %w", id, publicError(err))
		}
		if err := showEvent(e, out); err != nil {
			return err
		}
	}
	return nil
}

func showEvent(e webhooks.Event, out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	writeRows(w,
		"id", e.ID,
		"type", e.Type,
		"state", string(e.State),
		"note", e.Note,
		"order", e.OrderID,
		"tries", strconv.FormatInt(e.Tries, 10),
		"interrupted", strconv.FormatInt(e.Interrupted, 10),
		"source", e.Source,
		"secret", e.Secret,
		"version", fmt.Sprintf("%s (mismatch %t)", e.APIVersion, e.VersionMismatch),
		"livemode", strconv.FormatBool(e.Livemode),
		"created", formatTime(e.Created),
		"received", formatTime(e.ReceivedAt))
	if err := w.Flush(); err != nil {
		return err
	}

	_, err := fmt.Fprintf(out, "\n%s\n\n", e.Payload)
	return err
}

// replayEvents makes the events that the filter selects due again.
func replayEvents(ctx context.Context, inbox *app.Inbox, q eventQuery, out io.Writer) error {
	ids, err := selectedIDs(ctx, inbox, q.filter)
	if err != nil {
		return err
	}

	if q.dryRun {
		for _, id := range ids {
			if err := preview(ctx, inbox, id, out); err != nil {
				return err
			}
		}

		_, err = fmt.Fprintf(out, "%d events would be replayed; nothing was changed\n", len(ids))
		return err
	}

	n, err := inbox.ReplayEvents(ctx, ids, time.Now())
	if err != nil {
		return err
	}

	_, err = fmt.Fprintf(out, "%d events are due again; the running server will process them\n", n)
	return err
}

// maxPage is how many events are read from the database at a time.
const maxPage = 500

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
			return nil, withExitCode(exitNotFound, fmt.Errorf("%s: there is no such event", id))
		}
	}

	for f.Limit = maxPage; ; f.Before = ids[len(ids)-1] {
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
func preview(ctx context.Context, inbox *app.Inbox, id string, out io.Writer) error {
	e, err := inbox.Event(ctx, id) // with its payload
	if err != nil {
		return err
	}

	p, err := inbox.Preview(ctx, e)
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

	_, err = fmt.Fprintf(out, "%s  %s  %s\n", e.ID, e.Type, outcome)
	return err
}
