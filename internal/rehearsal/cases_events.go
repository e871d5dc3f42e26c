package rehearsal

import (
	"maps"
	"net/http"
	"slices"
	"time"
)

// eventCases are webhooks that come otherwise than one would like
// (https://docs.stripe.com/webhooks#best-practices).
var eventCases = []caseRow{
	{
		"webhook/delayed", "let every webhook come late, after a 3D Secure that only a webhook tells of",
		"paid as soon as it comes, and never failed or expired before; charged once", noCards,
		func(w *walk) verdict { return misdelivered(w, "delay") },
	},
	{
		"webhook/duplicate", "let every webhook come twice", "paid once, every consequence once; charged once", noCards,
		func(w *walk) verdict { return misdelivered(w, "duplicate") },
	},
	{
		"webhook/disordered", "let later webhooks overtake earlier ones", "paid; charged once", noCards,
		func(w *walk) verdict { return misdelivered(w, "reorder") },
	},
	{
		"webhook/other-mode", "let an event of the other mode come first", "it changes nothing; paid; charged once",
		noCards, func(w *walk) verdict { return misdelivered(w, "other_mode") },
	},
	{
		"webhook/unknown-type", "send a signed event of a type that nobody knows",
		"acknowledged, so that Stripe does not repeat it, and set aside", nil, unknownType,
	},
	{
		"webhook/wrong-signature", "send an event that somebody else has signed",
		"refused with 400, and not in the inbox", nil,
		func(w *walk) verdict { return forged(w, "whsec_somebodyelse", 0) },
	},
	{
		"webhook/old", "send an event that was signed yesterday, as a repetition by a thief",
		"refused with 400, and not in the inbox", nil,
		func(w *walk) verdict { return forged(w, w.cfg.WebhookSecret, -24*time.Hour) },
	},
}

// misdelivered has a card declined and pays with one that asks for 3D Secure,
// so that events contradict each other and the last word comes by webhook.
func misdelivered(w *walk, fault string) verdict {
	before := w.events()
	if err := w.cfg.Stripe.Misbehave("WEBHOOK *", fault); err != nil {
		w.fail(err)
	}

	b := w.buyer()
	o := b.order()
	b.pay(o, cardDeclined)
	b.authenticate(b.pay(o, cardAsks), "pass")

	if s := w.state(o); s.status == "expired" || s.status == "review" || s.status == "canceled" {
		return is(false, "before the webhook, %s", s)
	}

	v := w.settles(o, "")
	if !v.ok || w.err != nil {
		return v
	}

	// What comes afterwards must not change it.
	quiet := w.until(func() bool { return !slices.ContainsFunc(slices.Collect(maps.Values(w.events())), waiting) })
	s := w.state(o)

	effects := w.entries(o, "effect")
	slices.Sort(effects)
	once := len(slices.Compact(slices.Clone(effects))) == len(effects)

	return is(quiet && s.settled() && once && w.charges() == 1,
		"%s; %d events, %d consequences, each once: %t; charged %s",
		s, len(w.events())-len(before), len(effects), once, times(w.charges()))
}

// waiting reports whether an event with that state is still to be processed.
func waiting(state string) bool { return state == "received" || state == "working" }

func unknownType(w *walk) verdict {
	const id = "evt_rehearsalunknown"
	r := w.webhook(id, "rehearsal.happened", w.cfg.WebhookSecret, w.cfg.Now())
	aside := w.until(func() bool { s := w.events()[id]; return s != "" && !waiting(s) })
	return is(r.status == http.StatusOK && aside, "%s; it is %s", r, w.events()[id])
}

func forged(w *walk, secret string, age time.Duration) verdict {
	const id = "evt_rehearsalforged"
	r := w.webhook(id, "payment_intent.succeeded", secret, w.cfg.Now().Add(age))
	_, taken := w.events()[id]
	return is(r.status == http.StatusBadRequest && !taken, "%s; in the inbox: %t", r, taken)
}
