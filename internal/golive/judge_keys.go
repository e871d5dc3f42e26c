package golive

import (
	"errors"
	"time"
)

// callVersion checks that Stripe answers in the version that we ask for
// (https://docs.stripe.com/api/versioning).
func callVersion(f *facts) verdict {
	asked, got := f.setup.APIVersion, f.balance.value.Version
	switch {
	case got == "" && f.balance.err != nil:
		return unread(f.balance.err)
	case got == "":
		return hidden("Look whether a proxy on the way to Stripe removes headers.",
			"calls ask for %s; the answer has no Stripe-Version header", asked)
	case got != asked:
		return red("Look for a proxy that changes the Stripe-Version header.",
			"calls ask for %s, and Stripe answered in %s", asked, got)
	}

	return green("every call asks for %s, and Stripe answers in it", asked)
}

func libraryVersion(f *facts) verdict {
	if f.setup.LibraryFor != f.setup.APIVersion {
		return red("Install a release of checkoutd whose parts belong together.",
			"%s is made for %s, and calls ask for %s", f.setup.Library, f.setup.LibraryFor, f.setup.APIVersion)
	}
	return green("%s is made for %s", f.setup.Library, f.setup.LibraryFor)
}

// keyWorks counts a refusal for lack of a permission as an answer: Stripe knows
// the key.
func keyWorks(f *facts) verdict {
	var refused *RefusedError
	if err := f.balance.err; err != nil && !errors.As(err, &refused) {
		return red("Look whether STRIPE_SECRET_KEY is still valid, in the Dashboard under Developers, API keys.",
			"%s", err)
	}
	return green("Stripe answers calls with it")
}

func keyMode(f *facts) verdict {
	const todo = "Put live keys into STRIPE_SECRET_KEY and STRIPE_PUBLISHABLE_KEY, with a database of their own."
	key := f.setup.SecretKey
	switch {
	case f.setup.Sandbox:
		return red(todo, "this is the offline sandbox: no money moves")
	case key.Live != f.setup.PublicLive:
		return red(todo, "the secret and the publishable key are of different modes")
	case f.setup.WantLive && !key.Live:
		return red(todo, "these are test keys: no money moves")
	case !f.setup.WantLive && key.Live:
		return red("Run it without --test.", "these are live keys, and --test was asked for")
	case f.balance.err == nil && f.balance.value.Livemode != key.Live:
		return red("Look which server STRIPE_API_BASE leads to.", "Stripe's answer is of the other mode than the key")
	}

	return green("both keys are of %s mode", modeName(key.Live))
}

func keyRestricted(f *facts) verdict {
	switch {
	case f.setup.SecretKey.Restricted:
		return green("it is a restricted key (rk_…)")
	case f.setup.Connect:
		return green("it is a secret key (sk_…): OAuth of Connect takes no restricted one")
	}
	return red("Make a restricted key with the permissions that docs/operations.md lists.",
		"it is a secret key (sk_…): whoever gets hold of it may do everything")
}

// maxSkew is how far the clock may be off: Stripe's signatures count for
// WEBHOOK_TOLERANCE, five minutes by default, and their way here takes a part
// of it.
const maxSkew = time.Minute

func clock(f *facts) verdict {
	at := f.balance.value.Date
	switch {
	case at.IsZero() && f.balance.err != nil:
		return unread(f.balance.err)
	case at.IsZero():
		return hidden("Compare the clock with another one.", "Stripe's answer has no Date")
	}

	off := f.now.Sub(at).Round(time.Second)
	if off.Abs() > maxSkew {
		return red("Start a time service (systemd-timesyncd, chrony). With a wrong clock, webhooks are refused.",
			"this clock is %s off Stripe's", off)
	}

	return green("it is within %s of Stripe's", maxSkew)
}

func modeName(live bool) string {
	if live {
		return "live"
	}
	return "test"
}
