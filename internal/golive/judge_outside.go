package golive

import (
	"net/url"
	"strings"
	"time"
)

const insecure = "Serve the shop by https and set BASE_URL=https://…, see docs/operations.md."

// unseen returns the verdict of a check of our own address, which does not
// answer here. Some networks do not lead back to themselves.
func unseen(f *facts, err error) verdict {
	if isCertificate(err) {
		return red("Renew the certificate, or serve that of this host name with its chain.", "%s", err)
	}
	return hidden("Run it where "+f.setup.BaseURL+" can be reached, or look from there.", "%s does not answer here: %s",
		f.setup.BaseURL, err)
}

func isHTTPS(f *facts) bool { return strings.HasPrefix(f.setup.BaseURL, "https://") }

// httpsPage judges the public page, if it is https and answers.
func httpsPage(judge func(f *facts, p Page) verdict) func(f *facts) verdict {
	return func(f *facts) verdict {
		switch p := f.outside.Page; {
		case !isHTTPS(f):
			return red(insecure, "BASE_URL is %s", f.setup.BaseURL)
		case p.Err != nil:
			return unseen(f, p.Err)
		case p.RequestID == "":
			return red("Look where it leads.", "the answer (%s) has no Request-Id, so it is not this server's",
				describe(p.Status, p.Location))
		default:
			return judge(f, p)
		}
	}
}

func httpsAddress(_ *facts, p Page) verdict {
	if p.Location != "" {
		return red("Set BASE_URL to where the redirect leads.", "it answers %s", describe(p.Status, p.Location))
	}
	return green("it answers by https")
}

// httpsRedirect checks that nobody can pay without TLS: buyers are sent on or
// refused.
func httpsRedirect(f *facts) verdict {
	p := f.outside.HTTP
	if !isHTTPS(f) {
		return red(insecure, "BASE_URL is %s", f.setup.BaseURL)
	}
	if f.outside.Page.Err != nil {
		return unseen(f, f.outside.Page.Err)
	}

	to, err := url.Parse(p.Location)
	switch {
	case p.Err != nil:
		return green("nothing answers there by plain http")
	case p.Location != "" && err == nil && to.Scheme == "https":
		return green("plain http is sent on to https")
	case p.Status >= 400:
		return green("plain http is refused (%d)", p.Status)
	}

	return red("Let the proxy send buyers on to https.", "plain http is answered (%s)", describe(p.Status, p.Location))
}

// certificateLeft is how long a certificate must still be valid: what renews
// it does so a month before its end.
const certificateLeft = 14 * 24 * time.Hour

func httpsCertificate(f *facts, p Page) verdict {
	ends := p.CertEnds.UTC().Format(time.DateOnly)
	if p.CertEnds.Sub(f.now) < certificateLeft {
		return red("Renew it, and look why nothing has.", "it ends on %s", ends)
	}
	return green("it is valid until %s", ends)
}

// httpsHSTS asks for half a year, as browsers' lists do for much less than a
// payment.
func httpsHSTS(f *facts, p Page) verdict {
	const todo = "Let the proxy pass Strict-Transport-Security on, and set X-Forwarded-Proto."
	switch {
	case p.Strict == "" && !f.setup.SecretKey.Live:
		return hidden("Look again with live keys.", "there is no Strict-Transport-Security")
	case p.Strict == "" || strings.Contains(strings.ReplaceAll(p.Strict, " ", "")+";", "max-age=0;"):
		return red(todo, "browsers are not told to use https only")
	}
	return green("%s", p.Strict)
}

func httpsPolicy(f *facts, p Page) verdict {
	const todo = "Let the proxy pass the header Content-Security-Policy on as it is, and add no other."
	switch {
	case len(p.Policy) == 0:
		return red(todo, "pages arrive without a Content-Security-Policy")
	case len(p.Policy) > 1:
		return red(todo, "pages arrive with %d policies, of which the stricter one blocks the form", len(p.Policy))
	case f.setup.Policy != "" && p.Policy[0] != f.setup.Policy:
		return red(todo, "the policy is not the one that this server sends")
	}
	return green("it arrives as it was sent")
}

// httpsBody judges the answers to signed webhooks that are no events.
func httpsBody(f *facts) verdict {
	if len(f.outside.Hook) == 0 {
		return red("Set STRIPE_WEBHOOK_SECRET.", "there is no secret to sign with")
	}

	for _, h := range f.outside.Hook {
		switch {
		case h.Err != nil:
			return unseen(f, h.Err)
		case h.Location != "":
			return red("Set BASE_URL to the address that the redirect leads to: Stripe follows none.",
				"webhooks get %s", describe(h.Status, h.Location))
		case h.Code == codeNoEvent:
		case h.Code == codeSignature:
			return red("Let the proxy change nothing in the body of "+f.setup.WebhookURL+
				", and restart the server if "+h.Option+" has changed.",
				"a signature with %s is refused: the body changes on its way, or the secret is another", h.Option)

		default:
			return red("Let the proxy send POST "+f.setup.WebhookURL+" to this server.",
				"a webhook gets %d, which is not this server's answer", h.Status)
		}
	}

	return green("signed webhooks arrive byte for byte")
}

// The codes of the refusals of webhooks.
const (
	codeNoEvent   = "bad_envelope" // the signature was good
	codeSignature = "bad_signature"
)
