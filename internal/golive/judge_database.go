package golive

import (
	"slices"
	"strings"
	"time"
)

// noDatabase returns the verdict of a check that needs the database.
func noDatabase(err error) verdict {
	return red("Look whether the database is there; server migrate brings it up to date.", "%s", err)
}

func databaseSchema(f *facts) verdict {
	if f.kept.err != nil {
		return noDatabase(f.kept.err)
	}
	return green("it has the tables of this version")
}

func databaseMode(f *facts) verdict {
	const todo = "Use a database of its own for live mode: DATABASE_URL."
	switch bound := f.kept.value.BoundTo; {
	case f.kept.err != nil:
		return noDatabase(f.kept.err)
	case bound == "":
		return red("Start the server once: it binds the database to the keys.", "no server has used it yet")
	case bound != f.setup.Binding:
		return red(todo, "it belongs to %s, and the configuration is for %s", bound, f.setup.Binding)
	}
	return green("it belongs to %s", f.kept.value.BoundTo)
}

func databaseAccount(f *facts) verdict {
	bound := f.kept.value.Account
	switch {
	case f.kept.err != nil:
		return noDatabase(f.kept.err)
	case f.account.err != nil:
		return unread(f.account.err)
	case bound == "" && !f.setup.Sandbox:
		return red("Start the server once: it binds the database to the account of the keys.",
			"the account of the orders is not known yet")
	case bound != "" && bound != f.account.value.ID:
		return red("Use the keys of that account, or another database.", "the orders belong to %s, the key to %s",
			bound, f.account.value.ID)
	}

	return green("orders and key belong to %s", f.account.value.ID)
}

// maxBackupAge is how old the last backup may be.
const maxBackupAge = 25 * time.Hour

func databaseBackup(f *facts) verdict {
	const todo = "Back the database up every day, see docs/operations.md. If something else does it, " +
		"run: server golive tick database-backup --by NAME"
	last := f.kept.value.LastBackup

	if f.kept.err != nil {
		return noDatabase(f.kept.err)
	}
	if t, ok := f.kept.value.Ticks["database-backup"]; ok && f.now.Sub(t.At) <= aYear {
		return green("%s said on %s that something else does it%s", t.Person, day(t.At), note(t))
	}

	switch {
	case last.IsZero():
		return red(todo, "none is known here")
	case f.now.Sub(last) > maxBackupAge:
		return red(todo, "the last one is of %s", last.UTC().Format(time.RFC3339))
	}

	return green("the last one is of %s", last.UTC().Format(time.RFC3339))
}

// objectsMode looks for what was made in the other mode, where nothing of this
// one exists. The catalog itself names no object of Stripe: prices are sent
// with each order.
func objectsMode(f *facts) verdict {
	switch n := f.kept.value.OtherMode; {
	case f.kept.err != nil:
		return noDatabase(f.kept.err)
	case n > 0:
		return red("Use a database of its own for each mode: DATABASE_URL.",
			"%d orders or connected accounts are of the other mode", n)
	}
	return green("every order is of this mode, and the catalog names no objects of Stripe")
}

// maxKeyAge is when a key should be rolled
// (https://docs.stripe.com/keys-best-practices).
const maxKeyAge = aYear

func keyAge(f *facts) verdict {
	seen := f.keySeen.value
	switch {
	case f.keySeen.err != nil:
		return noDatabase(f.keySeen.err)
	case f.now.Sub(seen) > maxKeyAge:
		return red("Roll it, see docs/operations.md.", "it was first seen here on %s", day(seen))
	}
	return green("it was first seen here on %s", day(seen))
}

// accountsCharge looks at what Stripe said of the connected accounts last.
func accountsCharge(f *facts) verdict {
	switch {
	case f.kept.err != nil:
		return noDatabase(f.kept.err)
	case len(f.kept.value.NoCharges) > 0:
		return red("Ask their owners to complete them; server connect sync reads one again.",
			"Stripe lets these charge nothing: %s", list(f.kept.value.NoCharges))
	}
	return green("every connected account may charge")
}

// eventsDelivered looks for events of ours that no webhook brought. An event
// that another endpoint of the account did not take is none of them.
func eventsDelivered(f *facts) verdict {
	switch {
	case f.undelivered.err != nil:
		return unread(f.undelivered.err)
	case f.sources.err != nil:
		return noDatabase(f.sources.err)
	case f.endpoints.err != nil:
		return unread(f.endpoints.err)
	}

	e, ok := current(f, kind{})
	if !ok {
		return red(createTodo, "there is no endpoint at %s", f.setup.WebhookURL)
	}

	var missing, found []string
	for _, ev := range f.undelivered.value.Events {
		ours := slices.Contains(f.setup.Events, ev.Type) && !ev.Created.Before(e.Created)
		if !ours || f.now.Sub(ev.Created) < undeliveredAfter {
			continue
		}

		switch f.sources.value[ev.ID] {
		case "webhook":
		case "backfill":
			found = append(found, ev.ID)
		default:
			missing = append(missing, ev.ID)
		}
	}

	const todo = "Look at the endpoint's deliveries in the Dashboard: why does it not take them?"
	switch {
	case len(missing) > 0:
		return red(todo, "not delivered for an hour or more, and not here: %s", list(missing))
	case len(found) > 0:
		return red(todo, "not delivered, but found by the backfill: %s", list(found))
	case f.undelivered.value.More:
		read := f.undelivered.value.Events
		return hidden("Look at the deliveries of all endpoints in the Dashboard: one of them takes hardly any event.",
			"none of the last %d events that some endpoint did not take is ours; not visible beyond %s", len(read),
			read[len(read)-1].Created.UTC().Format(time.DateTime))
	}

	return green("no event of the last week waits for longer than an hour")
}

// endpointSecret looks whether the configured secrets verify what arrives.
func endpointSecret(option string, secrets func(s Setup) []string) func(f *facts) verdict {
	return func(f *facts) verdict {
		all := secrets(f.setup)
		switch {
		case len(all) == 0:
			return red("Set "+option+" to the secret that was shown once.", "%s is not set", option)
		case f.kept.err != nil:
			return noDatabase(f.kept.err)
		}

		var last time.Time
		for _, fingerprint := range all {
			if at := f.kept.value.Verified[fingerprint]; at.After(last) {
				last = at
			}
		}

		if last.IsZero() {
			return hidden("Send a test event from the Dashboard, or run: server golive --probe",
				"no event signed with %s is among the last ones here", option)
		}

		return green("it verified an event on %s", last.UTC().Format(time.RFC3339))
	}
}

// keysTracked looks for keys in the files that git tracks here.
func keysTracked(f *facts) verdict {
	switch {
	case f.tracked.err != nil:
		return hidden("Run it in the folder that holds the shop's code.", "%s", f.tracked.err)
	case len(f.tracked.value.Found) > 0:
		return red("Roll these keys, and take them out of the files and of git's history.",
			"in %s", strings.Join(cut(f.tracked.value.Found), ", "))
	}
	return green("none in the %d files that git tracks here", f.tracked.value.Files)
}

// cut returns the first words of a list.
func cut(words []string) []string { return words[:min(len(words), 10)] }

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }
