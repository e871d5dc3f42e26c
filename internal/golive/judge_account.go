package golive

import (
	"slices"
	"strings"
)

func accountCharges(f *facts) verdict {
	a := f.account.value
	switch {
	case f.account.err != nil:
		return unread(f.account.err)
	case !a.ChargesEnabled:
		return red("Complete the account in the Dashboard.", "Stripe does not let it charge (%s)",
			or(a.DisabledReason, "no reason given"))
	case a.Capabilities["card_payments"] != "" && a.Capabilities["card_payments"] != "active":
		return red("Ask for the capability in the Dashboard.", "card payments are %s", a.Capabilities["card_payments"])
	case !a.PayoutsEnabled:
		return red("Add a bank account in the Dashboard.", "it can charge, but Stripe does not pay out")
	}

	return green("charges and payouts are enabled")
}

func accountRequirements(f *facts) verdict {
	a := f.account.value
	open := slices.Concat(a.PastDue, a.CurrentlyDue)
	slices.Sort(open)

	open = slices.Compact(open)

	switch {
	case f.account.err != nil:
		return unread(f.account.err)
	case a.DisabledReason != "":
		return red("Answer Stripe's questions in the Dashboard.", "the account is restricted: %s", a.DisabledReason)
	case len(open) > 0:
		return red("Answer Stripe's questions in the Dashboard, before charges or payouts end.",
			"Stripe asks for %s", list(open))
	case !a.DetailsSubmitted:
		return red("Complete the account in the Dashboard.", "its details were not submitted")
	}

	return green("nothing is due")
}

func accountDescriptor(f *facts) verdict {
	switch {
	case f.account.err != nil:
		return unread(f.account.err)
	case f.account.value.Descriptor == "":
		return red("Set it in the Dashboard under Settings, Business, Public details.",
			"there is no statement descriptor: buyers dispute what they do not recognize")
	}
	return green("statements show %q", f.account.value.Descriptor)
}

func accountContact(f *facts) verdict {
	a := f.account.value
	switch {
	case f.account.err != nil:
		return unread(f.account.err)
	case a.Name == "" || !a.HasSupport:
		return red("Set the name and a support address in the Dashboard under Settings, Business, Public details.",
			"receipts and statements show no name, or no way to reach the shop")
	}

	return green("%q, with a support address", a.Name)
}

func walletsDomain(f *facts) verdict {
	host := hostOf(f.setup.BaseURL)
	const todo = "Register the host name in the Dashboard under Settings, Payment method domains; see docs/wallets.md."

	if f.domains.err != nil {
		return unread(f.domains.err)
	}

	i := slices.IndexFunc(f.domains.value, func(d Domain) bool { return d.Livemode == f.setup.SecretKey.Live })
	switch {
	case i < 0:
		return red(todo, "%s is not registered, so wallets do not show there", host)
	case !f.domains.value[i].Enabled:
		return red(todo, "%s is registered, but switched off", host)
	}

	var active, missing []string
	for _, m := range f.domains.value[i].Methods {
		if m.Active {
			active = append(active, m.Name)
			continue
		}

		missing = append(missing, strings.TrimSpace(m.Name+" "+m.Message))
	}

	if len(missing) > 0 {
		return red("Mend what Stripe says, then validate the domain in the Dashboard; see docs/wallets.md.",
			"not active at %s: %s", host, list(missing))
	}

	return green("active at %s: %s", host, strings.Join(active, ", "))
}

// configuration returns the payment method configuration that orders use.
func configuration(f *facts) (Configuration, bool) {
	for _, c := range f.configurations.value {
		if f.setup.Configuration == c.ID || f.setup.Configuration == "" && c.IsDefault {
			return c, c.Active
		}
	}
	return Configuration{}, false
}

func methodsSeveral(f *facts) verdict {
	const todo = "Switch more of them on in the Dashboard under Settings, Payment methods."
	offered := f.setup.Methods
	if len(offered) == 0 {
		if f.configurations.err != nil {
			return unread(f.configurations.err)
		}

		c, ok := configuration(f)
		if !ok {
			return red("Look at PAYMENT_METHOD_CONFIGURATION and at the Dashboard's settings of payment methods.",
				"there is no active configuration of payment methods")
		}

		offered = c.Available
	}

	if len(offered) < 2 {
		return red(todo, "buyers are offered %s alone", or(strings.Join(offered, ""), "nothing"))
	}

	return green("%d: %s", len(offered), list(offered))
}

// methodsChosen checks what the configuration names against what the account
// has.
func methodsChosen(f *facts) verdict {
	if id := f.setup.Configuration; id != "" {
		if f.configurations.err != nil {
			return unread(f.configurations.err)
		}

		c, ok := configuration(f)
		switch {
		case !ok:
			return red("Set PAYMENT_METHOD_CONFIGURATION to an active one of this mode.",
				"%s is not among the active configurations of this account", id)
		case c.Livemode != f.setup.SecretKey.Live:
			return red("Set PAYMENT_METHOD_CONFIGURATION to one of the key's mode.", "%s is of the other mode", id)
		}

		return green("%s is active", id)
	}

	if len(f.setup.Methods) == 0 {
		return green("those of the Dashboard are offered: none is fixed here")
	}
	if f.account.err != nil {
		return unread(f.account.err)
	}

	var missing []string
	for _, m := range f.setup.Methods {
		// Card is the only one whose capability has another name than
		// METHOD_payments; Link and wallets on cards have none that must be
		// active.
		status, known := f.account.value.Capabilities[capabilityOf(m)]
		if known && status != "active" {
			missing = append(missing, m+" ("+status+")")
		}
	}

	if len(missing) > 0 {
		return red("Ask for them in the Dashboard, or remove them from PAYMENT_METHOD_TYPES.",
			"not active in this account: %s", list(missing))
	}

	return green("%s can be used in this account", list(f.setup.Methods))
}

func capabilityOf(method string) string { return method + "_payments" }

func methodsExpress(f *facts) verdict {
	if !f.setup.Express {
		return red("Set EXPRESS_CHECKOUT=true.", "the buttons of the wallets are switched off")
	}
	return green("the page shows the buttons of the wallets that the buyer's browser has")
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
