package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"checkoutd/internal/app"
	"checkoutd/internal/webhooks"
)

const eventsUsage = `usage: server events <list|show|replay> [flags] [event ids]

  list    what the inbox holds, newest first
  show    one event, with its payload
  replay  make events due again; the running server works them

An event is worked as often as you like: what it says is settled, not repeated.

`

// events is the command for the inbox.
func events(ctx context.Context, args []string, e env) error {
	if len(args) == 0 {
		_, _ = io.WriteString(e.err, eventsUsage)
		return errors.New("list, show or replay?")
	}
	sub, q, err := parseEventQuery(args, e.err)
	if err != nil {
		return helped(err)
	}
	return beside(ctx, e, app.OpenInbox, func(inbox *app.Inbox) error {
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

// eventQuery is what the flags ask for.
type eventQuery struct {
	filter webhooks.Filter
	limit  int // of list
	dryRun bool
}

func parseEventQuery(args []string, stderr io.Writer) (sub string, q eventQuery, err error) {
	sub = args[0]
	if sub == "help" || sub == "-h" || sub == "--help" {
		_, err = io.WriteString(stderr, eventsUsage)
		return "", q, cmp.Or(err, flag.ErrHelp)
	}
	if sub != "list" && sub != "show" && sub != "replay" {
		return "", q, fmt.Errorf("events has no command %q: list, show or replay", sub)
	}
	fs := newFlags("events "+sub, eventsUsage, stderr)
	var types, states string
	fs.StringVar(&types, "type", "", "event types, comma-separated")
	fs.StringVar(&states, "state", "", "states, comma-separated: received, working, unmatched, done, ignored, dead, quarantined")
	fs.StringVar(&q.filter.OrderID, "order", "", "order id")
	from := fs.String("from", "", "received at or after: 2026-01-31 or 2026-01-31T12:00:00Z")
	to := fs.String("to", "", "received before")
	if sub == "list" {
		fs.IntVar(&q.limit, "limit", 100, "at most so many")
	}
	if sub == "replay" {
		fs.BoolVar(&q.dryRun, "dry-run", false, "only say which orders would change")
	}
	if q.filter.IDs, err = parseMixed(fs, args[1:]); err != nil {
		return "", q, err
	}
	q.filter.Types = list(types)
	if q.filter.States, err = parseStates(states); err != nil {
		return "", q, err
	}
	if q.filter.From, q.filter.To, err = span(*from, *to); err != nil {
		return "", q, err
	}
	return sub, q, q.check(sub)
}

func parseStates(text string) (states []webhooks.State, err error) {
	for _, name := range list(text) {
		switch s := webhooks.State(name); s {
		case webhooks.Received, webhooks.Working, webhooks.Unmatched, webhooks.Done, webhooks.Ignored, webhooks.Dead, webhooks.Quarantined:
			states = append(states, s)
		default:
			return nil, fmt.Errorf("--state: there is no state %q: received, working, unmatched, done, ignored, dead or quarantined", name)
		}
	}
	return states, nil
}

func (q eventQuery) check(sub string) error {
	f := q.filter
	chosen := len(f.IDs)+len(f.Types)+len(f.States) > 0 || f.OrderID != "" || !f.From.IsZero() || !f.To.IsZero()
	switch {
	case sub == "list" && q.limit < 1:
		return errors.New("--limit must be 1 or more")
	case sub == "show" && len(f.IDs) == 0:
		return errors.New("show which event? Give its id")
	case sub == "replay" && !chosen:
		return errors.New("replay which events? Give ids, or --type, --state, --order, --from or --to")
	}
	return nil
}

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
			when(e.ReceivedAt), e.ID, e.Type, e.State, e.Tries, e.OrderID, e.Note)
	}
	return w.Flush()
}

func showEvents(ctx context.Context, inbox *app.Inbox, q eventQuery, out io.Writer) error {
	for _, id := range q.filter.IDs {
		e, err := inbox.Event(ctx, id)
		if err != nil {
			return fmt.Errorf("%s: %w", id, err)
		}
		_, err = fmt.Fprintf(out, "id        %s\ntype      %s\nstate     %s\nnote      %s\norder     %s\ntries     %d\nsource    %s\nsecret    %s\n"+
			"version   %s (mismatch %t)\nlivemode  %t\ncreated   %s\nreceived  %s\n\n%s\n\n",
			e.ID, e.Type, e.State, e.Note, e.OrderID, e.Tries, e.Source, e.Secret, e.APIVersion, e.VersionMismatch, e.Livemode,
			when(e.Created), when(e.ReceivedAt), e.Payload)
		if err != nil {
			return err
		}
	}
	return nil
}

func replayEvents(ctx context.Context, inbox *app.Inbox, q eventQuery, out io.Writer) error {
	ids, err := chosen(ctx, inbox, q.filter)
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
	_, err = fmt.Fprintf(out, "%d events are due again; the running server works them\n", n)
	return err
}

// chosen lists the ids of all that the filter chooses. An id that the inbox does not hold
// is an error, so that a slip of the pen is not taken for nothing to do.
func chosen(ctx context.Context, inbox *app.Inbox, f webhooks.Filter) (ids []string, err error) {
	known, err := inbox.Known(ctx, f.IDs)
	if err != nil {
		return nil, err
	}
	for _, id := range f.IDs {
		if !known[id] {
			return nil, fmt.Errorf("%s: there is no such event", id)
		}
	}
	for f.Limit = 500; ; f.Before = ids[len(ids)-1] {
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

func preview(ctx context.Context, inbox *app.Inbox, id string, out io.Writer) error {
	e, err := inbox.Event(ctx, id) // with its payload
	if err != nil {
		return err
	}
	p, err := inbox.Preview(ctx, e)
	says := fmt.Sprintf("order %s stays %s", p.OrderID, p.Before)
	switch {
	case err != nil: // one that cannot be worked says nothing of the others
		says = "would fail: " + err.Error()
	case p.Note != "":
		says = p.Note
	case p.AsksStripe:
		says = fmt.Sprintf("order %s: as Stripe says then", p.OrderID)
	case p.Before != p.After:
		says = fmt.Sprintf("order %s would change from %s to %s", p.OrderID, p.Before, p.After)
	}
	_, err = fmt.Fprintf(out, "%s  %s  %s\n", e.ID, e.Type, says)
	return err
}
