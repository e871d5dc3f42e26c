package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"checkoutd/internal/api"
	"checkoutd/internal/app"
	"checkoutd/internal/cli"
	"checkoutd/internal/fault"
	"checkoutd/internal/people"
)

// whomHelp says how a customer is named.
const whomHelp = `A customer is named by your own reference, or by an e-mail address: that of the orders, or of an attempt to
	pay one.`

// peopleCommand exports or erases a customer.
func peopleCommand() cli.Command {
	return cli.Command{
		Name:    "people",
		Short:   "export or erase what is stored of a customer",
		Long:    whomHelp,
		Example: "server people export ada@example.com",
		Commands: []cli.Command{
			{
				Name:    "export",
				Args:    "CUSTOMER",
				Short:   "print everything that is stored of a customer, as JSON",
				Long:    whomHelp,
				Example: "server people export ada@example.com > ada.json",
				JSON:    "the same document on one line",
				New:     plain(exportPerson),
			},
			{
				Name:  "erase",
				Args:  "CUSTOMER",
				Short: "remove what is stored of a customer, and print what was removed",
				Long: `There is no way back. With --at-stripe the customer is deleted there, too, with the saved payment methods: a
					server does that, and this command does not wait for it.

					` + whomHelp,
				Example: "server people erase ada@example.com --at-stripe",
				JSON:    "an erasure as the API has it, with its proof; status none: nothing was stored",
				New:     newErase,
			},
			{
				Name:    "proofs",
				Args:    "[CUSTOMER]",
				Short:   "list the erasures, of a customer or of all",
				Long:    whomHelp,
				Example: "server people proofs",
				JSON:    "an erasure as the API has it, with its proof",
				Paged:   true,
				New:     plain(listProofs),
			},
			{
				Name:  "retention",
				Short: "remove what EVENT_RETENTION and ORDER_RETENTION keep no longer",
				Long:  "A server does so every hour.", Example: "server people retention --dry-run",
				JSON: "what, state, due and oldest of each kind; then what and removed of each kind",
				New:  newRetention,
			},
		},
	}
}

// whomOf returns the one customer that the words name.
func whomOf(command string, words []string) (people.Whom, error) {
	if len(words) != 1 || words[0] == "" {
		return people.Whom{}, cli.Usage("people %s needs one e-mail address or reference", command)
	}
	return people.WhomText(words[0]), nil
}

func exportPerson(ctx context.Context, words []string, e env) error {
	whom, err := whomOf("export", words)
	if err != nil {
		return err
	}

	return withOpened(ctx, e, app.OpenPeople, func(p *app.People) error {
		doc, err := p.Export(ctx, whom)
		if err != nil {
			return publicError(err)
		}
		if e.JSON {
			return e.Encode(doc)
		}

		enc := json.NewEncoder(e.Out)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		return enc.Encode(doc)
	})
}

func newErase(fs *flag.FlagSet) cli.Action {
	atStripe := fs.Bool("at-stripe", false, "delete the customer at Stripe, too")

	return func(ctx context.Context, words []string, e env) error {
		whom, err := whomOf("erase", words)
		if err != nil {
			return err
		}
		return withOpened(ctx, e, app.OpenPeople, func(p *app.People) error {
			return erasePerson(ctx, p, whom, *atStripe, e)
		})
	}
}

func erasePerson(ctx context.Context, p *app.People, whom people.Whom, atStripe bool, e env) error {
	res, err := p.Erase(ctx, whom, people.How{AtStripe: atStripe, Later: true})
	none := api.ErasureObject{Object: "customer_erasure", Status: "none"}
	switch {
	case err != nil:
		return refusal(err)
	case !res.Begun && !res.Done:
		return errors.New("the customer is erased here already; a server deletes them at Stripe")
	case !res.Begun && atStripe:
		return e.Result(none, "nothing is stored of this customer here, and nothing is left to delete at Stripe\n")
	case !res.Begun:
		return e.Result(none, "nothing is stored of this customer here; "+
			"with --at-stripe, a customer that stayed at Stripe is deleted\n")
	}

	return e.Show(erasureObject(res.Erasure), func(w io.Writer) { printProof(w, e, res.Erasure) })
}

// erasureObject returns an erasure as the API has it.
func erasureObject(x people.Erasure) api.ErasureObject {
	return api.ErasureObject{Object: "customer_erasure", Status: string(x.State), Proof: api.RenderProof(x)}
}

// refusal returns an error for people, with the orders that it is about.
func refusal(err error) error {
	if ids, _ := fault.Of(err).Extra["orders"].([]string); len(ids) > 0 {
		return fmt.Errorf("%w Orders: %s", publicError(err), strings.Join(ids, ", "))
	}
	return publicError(err)
}

// printProof prints what an erasure removed.
func printProof(w io.Writer, e env, x people.Erasure) {
	_, _ = fmt.Fprintf(w, "erasure\t%s\nat\t%s\nsubject\t%s\norders\t%d\n",
		x.ID, e.Time(x.CreatedAt), x.Subject, x.Proof.Orders)

	for _, table := range slices.Sorted(maps.Keys(x.Proof.Removed)) {
		_, _ = fmt.Fprintf(w, "removed\t%s\t%d\n", table, x.Proof.Removed[table])
	}

	for _, c := range x.Proof.Deleted {
		state := "deleted"
		if slices.Contains(x.Customers, c) {
			state = "to be deleted by a server that runs"
		}

		_, _ = fmt.Fprintf(w, "at Stripe\t%s %s\t%s\n", c.ID, c.Account, state)
	}

	for _, c := range x.Proof.Kept {
		_, _ = fmt.Fprintf(w, "at Stripe\t%s %s\tkept\n", c.ID, c.Account)
	}
	for _, r := range x.Proof.Refused {
		_, _ = fmt.Fprintf(w, "at Stripe\t%s %s\tnot deleted: %s\n", r.ID, r.Account, r.Reason.Text())
	}
}

// proofsShown is how many erasures a list has at most.
const proofsShown = 1000

func listProofs(ctx context.Context, words []string, e env) error {
	var who people.Whom
	if len(words) > 0 {
		var err error
		if who, err = whomOf("proofs", words); err != nil {
			return err
		}
	}

	return withOpened(ctx, e, app.OpenPeople, func(p *app.People) error {
		list, err := p.Proofs(ctx, who, proofsShown)
		if err != nil {
			return publicError(err)
		}

		for i, x := range list {
			if err := e.Show(erasureObject(x), func(w io.Writer) {
				if i > 0 {
					_, _ = fmt.Fprintln(w)
				}
				printProof(w, e, x)
				_, _ = fmt.Fprintf(w, "state\t%s\n", e.Paint(string(x.State)))
			}); err != nil {
				return err
			}
		}
		return nil
	})
}

// newRetention removes what has been kept long enough, or counts it.
func newRetention(fs *flag.FlagSet) cli.Action {
	dryRun := fs.Bool("dry-run", false, "print how much would be removed, and remove nothing")

	return func(ctx context.Context, _ []string, e env) error {
		return withOpened(ctx, e, app.OpenPeople, func(p *app.People) error {
			counts, err := p.CountDue(ctx)
			if err != nil {
				return publicError(err)
			}

			out := e.List("WHAT", "STATE", "DUE", "OLDEST")
			for _, c := range counts {
				if err := out.Add(nil, c.Name, c.State, c.N, c.Oldest); err != nil {
					return err
				}
			}
			if err := out.Close(); err != nil || *dryRun {
				return err
			}
			return sweep(ctx, p, e)
		})
	}
}

func sweep(ctx context.Context, p *app.People, e env) error {
	removed, err := p.SweepAll(ctx)
	if err != nil {
		return publicError(err)
	}

	for _, name := range slices.Sorted(maps.Keys(removed)) {
		object := cli.Object{"what": name, "removed": removed[name]}
		if err := e.Result(object, "removed %d %s\n", removed[name], name); err != nil {
			return err
		}
	}
	return nil
}
