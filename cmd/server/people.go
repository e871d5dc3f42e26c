package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"checkoutd/internal/app"
	"checkoutd/internal/fault"
	"checkoutd/internal/people"
)

const peopleUsage = `usage: server people export <e-mail address or reference>
       server people erase <e-mail address or reference> [--at-stripe]
       server people proofs [<e-mail address or reference>]
       server people retention [--dry-run]

  export     print everything that is stored of a customer, as one JSON document
  erase      remove it, and print what was removed; there is no way back. With --at-stripe the customer is deleted
             there, too, with the saved payment methods
  proofs     list the erasures, of a customer or of all
  retention  remove what EVENT_RETENTION and ORDER_RETENTION keep no longer, as a server does every hour; with
             --dry-run print how much that is

A customer is named by your own reference, or by an e-mail address: that of the orders, or of an attempt to pay one.
The server may be running. It deletes customers at Stripe; this command does not wait for it.

`

// peopleQuery is the meaning of the arguments.
type peopleQuery struct {
	sub, whom string
	atStripe  bool
	dryRun    bool
}

// peopleCommand exports or erases a customer.
func peopleCommand(ctx context.Context, args []string, e env) error {
	q, err := parsePeopleQuery(args, e.err)
	if err != nil {
		return ignoreHelp(err)
	}

	return withOpened(ctx, e, app.OpenPeople, func(p *app.People) error {
		switch q.sub {
		case "export":
			return exportPerson(ctx, p, q, e.out)
		case "erase":
			return erasePerson(ctx, p, q, e.out)
		case "retention":
			return retain(ctx, p, q, e.out)
		default:
			return listProofs(ctx, p, q, e.out)
		}
	})
}

// parsePeopleQuery parses the arguments of the command.
func parsePeopleQuery(args []string, stderr io.Writer) (q peopleQuery, err error) {
	if q.sub, err = subcommand("people", peopleUsage, args, stderr, "export", "erase", "proofs", "retention"); err != nil {
		return q, err
	}

	fs := newFlags("people "+q.sub, peopleUsage, stderr)
	switch q.sub {
	case "erase":
		fs.BoolVar(&q.atStripe, "at-stripe", false, "delete the customer at Stripe, too")
	case "retention":
		fs.BoolVar(&q.dryRun, "dry-run", false, "print what would be removed, and remove nothing")
	}

	words, err := parseInterspersed(fs, args[1:])
	switch {
	case err != nil:
		return q, err
	case q.sub == "retention" && len(words) > 0:
		return q, fmt.Errorf("people retention: unexpected argument %q", words[0])
	case q.sub == "retention":
	case len(words) == 1 && words[0] != "":
		q.whom = words[0]
	case len(words) != 0 || q.sub != "proofs":
		return q, fmt.Errorf("people %s needs one e-mail address or reference", q.sub)
	}

	return q, nil
}

func exportPerson(ctx context.Context, p *app.People, q peopleQuery, out io.Writer) error {
	doc, err := p.Export(ctx, people.WhomText(q.whom))
	if err != nil {
		return publicError(err)
	}

	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(doc)
}

func erasePerson(ctx context.Context, p *app.People, q peopleQuery, out io.Writer) error {
	res, err := p.Erase(ctx, people.WhomText(q.whom), people.How{AtStripe: q.atStripe, Later: true})
	switch {
	case err != nil:
		return refusal(err)
	case !res.Begun && !res.Done:
		return errors.New("the customer is erased here already; a server deletes them at Stripe")
	case !res.Begun && q.atStripe:
		_, err := fmt.Fprintln(out, "nothing is stored of this customer here, and nothing is left to delete at Stripe")
		return err
	case !res.Begun:
		_, err := fmt.Fprintln(out, "nothing is stored of this customer here; "+
			"with --at-stripe, a customer that stayed at Stripe is deleted")
		return err
	}

	return printProof(out, res.Erasure)
}

// refusal returns an error for people, with the orders that it is about.
func refusal(err error) error {
	if ids, _ := fault.Of(err).Extra["orders"].([]string); len(ids) > 0 {
		return fmt.Errorf("%w Orders: %s", publicError(err), strings.Join(ids, ", "))
	}
	return publicError(err)
}

// printProof prints what an erasure removed.
func printProof(out io.Writer, e people.Erasure) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintf(w, "erasure\t%s\nat\t%s\nsubject\t%s\norders\t%d\n",
		e.ID, formatTime(e.CreatedAt), e.Subject, e.Proof.Orders)

	for _, table := range slices.Sorted(maps.Keys(e.Proof.Removed)) {
		_, _ = fmt.Fprintf(w, "removed\t%s\t%d\n", table, e.Proof.Removed[table])
	}

	for _, c := range e.Proof.Deleted {
		state := "deleted"
		if slices.Contains(e.Customers, c) {
			state = "to be deleted by a server that runs"
		}

		_, _ = fmt.Fprintf(w, "at Stripe\t%s %s\t%s\n", c.ID, c.Account, state)
	}

	for _, c := range e.Proof.Kept {
		_, _ = fmt.Fprintf(w, "at Stripe\t%s %s\tkept\n", c.ID, c.Account)
	}
	for _, r := range e.Proof.Refused {
		_, _ = fmt.Fprintf(w, "at Stripe\t%s %s\tnot deleted: %s\n", r.ID, r.Account, r.Reason.Text())
	}

	return w.Flush()
}

// proofsShown is how many erasures a list has at most.
const proofsShown = 1000

func listProofs(ctx context.Context, p *app.People, q peopleQuery, out io.Writer) error {
	var who people.Whom
	if q.whom != "" {
		who = people.WhomText(q.whom)
	}

	list, err := p.Proofs(ctx, who, proofsShown)
	if err != nil {
		return publicError(err)
	}

	for i, e := range list {
		if i > 0 {
			_, _ = fmt.Fprintln(out)
		}

		if err := printProof(out, e); err != nil {
			return err
		}
		if _, err := fmt.Fprintf(out, "state    %s\n", e.State); err != nil {
			return err
		}
	}

	return nil
}

// retain removes what has been kept long enough, or counts it.
func retain(ctx context.Context, p *app.People, q peopleQuery, out io.Writer) error {
	counts, err := p.CountDue(ctx)
	if err != nil {
		return publicError(err)
	}

	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "WHAT\tSTATE\tDUE\tOLDEST")

	for _, c := range counts {
		_, _ = fmt.Fprintf(w, "%s\t%s\t%d\t%s\n", c.Name, c.State, c.N, formatTime(c.Oldest))
	}

	if err := w.Flush(); err != nil || q.dryRun {
		return err
	}

	removed, err := p.SweepAll(ctx)
	if err != nil {
		return publicError(err)
	}

	for _, name := range slices.Sorted(maps.Keys(removed)) {
		_, _ = fmt.Fprintf(out, "removed %d %s\n", removed[name], name)
	}

	return nil
}
